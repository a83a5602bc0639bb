(ns lumo.repl
  "The macros of a REPL, which take names as they are written.")

(defmacro doc
  "Prints the documentation of a var, macro, special form or namespace."
  [sym]
  `(lumo.repl/print-doc-of '~sym))

(defmacro source
  "Prints the source of a definition, where its file is at hand."
  [sym]
  `(lumo.repl/print-source-of '~sym))

(defmacro dir
  "Prints the public names of a namespace or alias."
  [ns-sym]
  `(lumo.repl/print-dir-of '~ns-sym))
