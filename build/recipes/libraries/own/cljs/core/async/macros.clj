(ns cljs.core.async.macros
  "The macros of cljs.core.async by the name that they had before it could have macros of its own.")

(defmacro go [& body]
  `(cljs.core.async/go ~@body))

(defmacro go-loop [bindings & body]
  `(cljs.core.async/go-loop ~bindings ~@body))

(defmacro alt! [& clauses]
  `(cljs.core.async/alt! ~@clauses))
