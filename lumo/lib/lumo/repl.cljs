(ns lumo.repl
  "What a REPL offers: documentation, sources, namespaces, and for editors completions and argument lists. `doc`, `source` and
  `dir` are macros; the REPL refers to all of it in every namespace that it is in."
  (:refer-clojure :exclude [all-ns load-file])
  (:require-macros
   [lumo.repl])
  (:require
   [cljs.core :as core]
   [clojure.string :as string]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.lookup :as lookup]
   [lumo.impl.namespaces :as namespaces]
   [lumo.impl.session :as session]))

(def ^:dynamic *pprint-results*
  "Whether the REPL prints values over several lines where they are long."
  true)

(defn current-ns
  "The name of the namespace that the REPL is in, or of *ns* outside one."
  []
  (if-some [^js s (session/current)]
    (.-ns s)
    (ns-name *ns*)))

;; -- documentation ---------------------------------------------------------------------------------------------------------

(defn- print-doc [{:keys [ns name doc arglists macro special-form forms namespace]}]
  (println "-------------------------")
  (println (if (and ns (not namespace)) (str ns "/" name) (str name)))
  (cond
    special-form (do (println "Special Form")
                     (doseq [form forms] (println (str "  " form))))
    arglists     (prn arglists))
  (when macro
    (println "Macro"))
  (when doc
    (println (str " " doc))))

(defn print-doc-of
  "Prints the documentation of what `sym` means here; what `doc` calls."
  [sym]
  (if-let [found (lookup/lookup (current-ns) sym)]
    (print-doc found)
    (println (str "nothing is called " sym " here"))))

(defn print-source-of
  "Prints the source of what `sym` means here; what `source` calls."
  [sym]
  (println
    (or (some-> (lookup/lookup (current-ns) sym) lookup/source)
        (str "the source of " sym " is not at hand"))))

(defn print-dir-of
  "Prints the public names of a namespace or alias; what `dir` calls."
  [sym]
  (let [target (lookup/resolve-ns (current-ns) sym)]
    (if target
      (run! println (lookup/names target))
      (println (str "no namespace " sym " is loaded")))))

(defn- matches? [pattern text]
  (if (regexp? pattern)
    (boolean (re-find pattern text))
    (string/includes? text (str pattern))))

(defn- loaded []
  (remove #(string/starts-with? (str %) "lumo.impl.") (filter namespaces/ns-map (lookup/namespaces))))

(defn apropos
  "The public names in loaded namespaces that match a string or a regular expression, as qualified symbols."
  [pattern]
  (for [ns-sym (loaded)
        sym    (lookup/names ns-sym)
        :when  (matches? pattern (str sym))]
    (symbol (str ns-sym) (str sym))))

(defn find-doc
  "Prints the documentation of all public names in loaded namespaces whose name or documentation matches a string or a regular
  expression."
  [pattern]
  (doseq [ns-sym (loaded)
          sym    (lookup/names ns-sym)
          :let   [found (lookup/lookup 'cljs.user (symbol (str ns-sym) (str sym)))]
          :when  (and (:doc found)
                      (or (matches? pattern (:doc found)) (matches? pattern (str sym))))]
    (print-doc found)))

(defn pst
  "Prints an error, *e if none is given, with its stack and its causes."
  ([] (when *e (pst *e)))
  ([e]
   (binding [*print-fn* *print-err-fn*]
     (println (error/text e)))))

;; -- namespaces ------------------------------------------------------------------------------------------------------------

(defn all-ns
  "The names of all namespaces that are loaded, sorted."
  []
  (filter namespaces/ns-map (lookup/namespaces)))

(defn ns-map
  "What names mean in a namespace: those it defines, and those it refers to, as a map from name to qualified symbol."
  [ns-sym]
  (into (lookup/refers ns-sym)
    (map (fn [sym] [sym (symbol (str ns-sym) (str sym))]))
    (namespaces/defined-names ns-sym)))

(defn ns-aliases
  "The aliases of a namespace: a map from alias to namespace."
  [ns-sym]
  (lookup/aliases ns-sym))

(defn ns-refers
  "The names that a namespace refers to, as a map from name to qualified symbol."
  [ns-sym]
  (lookup/refers ns-sym))

(defn in-ns
  "Makes the REPL be in the namespace, which is made where it is not there."
  [ns-sym]
  (when-not (symbol? ns-sym)
    (throw (ex-info "in-ns takes a quoted symbol: (in-ns 'my.namespace)" {:given ns-sym})))
  (namespaces/enter-ns! ns-sym)
  (session/want-ns! ns-sym)
  nil)

(defn load-file
  "Evaluates the forms of a file."
  [path]
  (let [fs   (js/require "fs")
        file (.resolve (js/require "path") path)]
    (compiler/eval-source (.readFileSync fs file "utf8") {:file file :script? true})
    nil))

(defn load
  "Evaluates resources of the class path, named without their extension: (load \"my_app/core\")."
  [& paths]
  (doseq [path paths]
    (if-let [resource (classpath/find-first (map #(str (string/replace path #"^/" "") %) [".cljs" ".cljc"]))]
      (compiler/eval-source (classpath/text resource) {:file (:file resource) :script? true})
      (throw (ex-info (str "no " path ".cljs or .cljc is on the class path") {:path path})))))

;; -- for editors -----------------------------------------------------------------------------------------------------------

(def name-at-end
  "A regular expression for the end of a line that a completion is for."
  #"[^\s()\[\]{}\"'`~@^#]*$")

(defn get-completions
  "What the end of `line` could become, a vector of strings: names, aliases, namespaces, keywords, js/ and npm members.
  `callback`, where it is given, is called with them."
  ([line]
   (let [prefix (re-find name-at-end line)]
     (mapv :candidate (lookup/completions (current-ns) prefix))))
  ([line callback]
   (callback (get-completions line))))

(defn get-arglists
  "The argument lists of the function or macro that a string names, or nil."
  [sym]
  (:arglists (lookup/lookup (current-ns) (symbol sym))))
