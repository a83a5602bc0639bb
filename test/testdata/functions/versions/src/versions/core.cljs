(ns versions.core
  "What it runs on.")

(defn handler [_]
  {:node    (.-node js/process.versions)
   :v8      (.-v8 js/process.versions)
   :modules (.-modules js/process.versions)
   :cljs    *clojurescript-version*})
