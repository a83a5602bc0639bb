(ns lumo.main
  "What the snapshot's entry script (js/main.js) calls: `prepare` while the snapshot is built, `start` after it is restored."
  (:require
   [cljs.analyzer.api]
   [cljs.math]
   [cljs.nodejs]
   [cljs.pprint]
   [cljs.reader]
   [cljs.repl]
   [cljs.spec.alpha]
   [cljs.spec.gen.alpha]
   [cljs.spec.test.alpha]
   [cljs.stacktrace]
   [cljs.test]
   [clojure.core.reducers]
   [clojure.data]
   [clojure.datafy]
   [clojure.edn]
   [clojure.set]
   [clojure.string]
   [clojure.walk]
   [clojure.zip]
   [lumo.impl.build]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cli :as cli]
   [lumo.impl.loader :as loader]
   [lumo.lambda.stream]))

(defn ^:export prepare
  "Makes the compiler ready; `listing` says what the bundle holds."
  [listing]
  (bundled/install! listing)
  (loader/init!))

(defn ^:export start
  "Runs the command line `argv`, a JS array of the arguments after the executable's name."
  [argv]
  (cli/start! (vec argv)))
