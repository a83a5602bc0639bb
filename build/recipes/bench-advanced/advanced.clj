(ns advanced
  "Compiles the functions of bench as shadow-cljs releases them: the whole program, by Closure's advanced optimizations.

      java -cp JARS:bench/functions/src:bench/functions/advanced:build/recipes/bench-advanced clojure.main -m advanced OUT"
  (:require
   [cljs.build.api :as api]
   [clojure.java.io :as io]))

(def programs {"core" 'work.exports, "s3" 'work.exports-s3, "compute" 'work.compute})

(defn -main [out]
  (doseq [[file main] programs]
    (api/build (api/inputs (io/resource (str (.. (name main) (replace "." "/") (replace "-" "_")) ".cljs")))
               {:main          main
                :optimizations :advanced
                :target        :nodejs
                :infer-externs :auto
                :language-in   :ecmascript-2021
                :language-out  :ecmascript-2021
                :output-dir    (str out "/.work/" file)
                :output-to     (str out "/" file ".js")}))
  (shutdown-agents))
