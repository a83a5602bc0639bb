(ns lumo.impl.build
  "What stage 2 of the bundle (build/recipes/bundle/stage2.js) asks of the compiler: texts of analysis, and the namespaces that
  are loaded on demand, those of macros above all, compiled by the compiler that will use them."
  (:require
   [cljs.analyzer :as ana]
   [cljs.reader :as reader]
   [clojure.string :as string]
   [lumo.impl.analysis :as analysis]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.namespaces :as namespaces]))

(defn- read-cache
  "The namespace map in an analysis cache that the JVM compiler wrote."
  [text]
  (reader/read-string {:default (fn [tag form] form) :eof nil} text))

(defn ^:export analysis-of-cache
  "#js [name text] of the namespace in a .cache.edn file of the JVM compiler."
  [text]
  (let [ns-map (read-cache text)]
    #js [(str (:name ns-map)) (analysis/write-ns ns-map)]))

(defn ^:export configure
  "Sets the class path, `:`-separated, that `compile-macros` looks sources up on."
  [paths]
  (classpath/set-paths! (classpath/split paths)))

(defn- check-deps!
  "A macro namespace whose dependency is not bundled would work here, where the class path has it, and nowhere else."
  [aname]
  (let [{:keys [requires require-macros]} (namespaces/ns-map aname)
        missing (remove #(or (bundled/bundled? %) (= aname %) (js/$lumo.closure.loaded (str %)))
                  (concat (vals requires) (map ana/macro-ns-name (vals require-macros))))]
    (when (seq missing)
      (throw (ex-info (str aname " needs " (string/join ", " missing) ", not in the bundle: require it in lumo.main, or"
                           " name it earlier in MACRO_NAMESPACES of stage2.js") {})))))

(defn- compile-resource
  "#js [javascript analysis] of a namespace (`aname`, with $macros where it is one of macros), from its source on the class path."
  [ns-sym aname macros?]
  (let [resource (or (classpath/find-first (cache/source-paths-of ns-sym macros?))
                     (throw (ex-info (str "no source for " aname " on the build's class path") {})))
        parts    #js []]
    (compiler/eval-source (classpath/text resource)
      {:file (str (cache/ns->path ns-sym) (if macros? ".cljc" ".cljs")) :macros? macros? :collect (fn [js-text _] (.push parts js-text))})
    (check-deps! aname)
    (bundled/add! aname)
    #js [(string/join "\n" parts)
         (analysis/write-ns (namespaces/ns-map aname))]))

(defn ^:export compile-namespace
  "#js [javascript analysis] of the namespace `ns-name`. Its dependencies have to be bundled already."
  [ns-name]
  (compile-resource (symbol ns-name) (symbol ns-name) false))

(defn ^:export compile-macros
  "#js [javascript analysis] of the macro namespace `ns-name`. Its dependencies have to be bundled already."
  [ns-name]
  (compile-resource (symbol ns-name) (ana/macro-ns-name (symbol ns-name)) true))
