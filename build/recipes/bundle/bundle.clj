(ns bundle
  "Stage 1 of the bundle: the JVM compiler turns lumo/src, the self-hosted compiler and the bundled namespaces into one
  script, main.js, and writes the analysis of every namespace beside it.

      java -cp JARS:lumo/src:build/recipes/bundle clojure.main -m bundle REPO OUT

  OUT/main.js   every namespace, as one script that defines the globals `goog`, `cljs`, `clojure`, `lumo`
  OUT/runtime.js  the same of what a packaged function runs on, which has no compiler
  OUT/out/      the compiler's working folder: sources, and NAME.cache.edn with the analysis of each namespace

  A warning of the compiler about a namespace of lumo's fails the build."
  (:require
   [cljs.analyzer :as ana]
   [cljs.build.api :as api]
   [cljs.closure :as closure]
   [cljs.js-deps :as deps]
   [clojure.java.io :as io]))

(def options
  {:main              'lumo.main
   :optimizations     :simple
   :static-fns        true
   ;; Keyword and symbol constants would become globals that evaluated code does not know.
   :optimize-constants false
   :target            :nodejs
   ;; We set *print-fn* and *main-cli-fn* ourselves, after the snapshot is restored.
   :nodejs-rt         false
   :cache-analysis    true
   :cache-analysis-format :edn
   ;; The analysis of cljs.core is read lazily at run time (lumo.impl.analysis), not quoted into the script.
   :dump-core         false
   :language-in       :ecmascript-2021
   :language-out      :ecmascript-2021
   ;; One character outside ASCII would make V8 keep the whole source, which is in every snapshot, at two bytes a character.
   :closure-output-charset "US-ASCII"
   :parallel-build    false
   :aot-cache         false
   :pretty-print      false})

(defn- collect-own
  "A warning handler that keeps the warnings about lumo's own namespaces; ClojureScript's own sources have some too."
  [warnings]
  (fn [type env extra]
    (when (and (get ana/*cljs-warnings* type) (.startsWith (str ana/*cljs-ns*) "lumo."))
      (when-let [text (ana/error-message type extra)]
        (swap! warnings conj (ana/message env text))))))

(defn- order-by-name!
  "Has the compiler take namespaces that do not depend on each other in the order of their names. It keeps them in a set,
  in which their order follows from the paths of their files, and generated names count on from one to the next: without
  this the output would depend on the folder that the project lies in."
  []
  (alter-var-root #'deps/dependency-order
                  (fn [order]
                    (fn [inputs] (order (sort-by #(vec (:provides %)) inputs))))))

(defn- keep-lines!
  "Has the Closure compiler break no long line: where it does follows from the length of the paths that stand in it."
  []
  (alter-var-root #'closure/make-options
                  (fn [make]
                    (fn [opts] (doto (make opts) (.setLineLengthThreshold 0))))))

(defn -main [repo out]
  (let [warnings (atom [])
        opts     (assoc options
                        :output-dir (str out "/out")
                        :output-to  (str out "/main.js")
                        :warning-handlers [(collect-own warnings)])]
    (.mkdirs (io/file out))
    (order-by-name!)
    (keep-lines!)
    (api/build (str repo "/lumo/src") opts)
    ;; What the first has compiled is taken as it is.
    (api/build (api/inputs (str repo "/lumo/src/lumo/runtime.cljs"))
               (assoc opts :main 'lumo.runtime :output-to (str out "/runtime.js")))
    (when (seq @warnings)
      (binding [*out* *err*]
        (run! println (distinct @warnings))
        (println "bundle:" (count (distinct @warnings)) "warning(s) of the ClojureScript compiler; each must be mended"))
      (System/exit 1))
    (shutdown-agents)))
