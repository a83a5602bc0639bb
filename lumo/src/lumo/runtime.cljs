(ns lumo.runtime
  "What runs a packaged function: ClojureScript's library and the child's side of the conversation with bootstrap, without the
  compiler. The entry script of a snapshot without a compiler (js/packaged.js) calls `prepare` while that is built, and `preload`
  where the function is to be in it; then `start` after it is restored."
  (:require
   [cljs.nodejs]
   [clojure.set]
   [clojure.string]
   [clojure.walk]
   [goog.string.format]
   [lumo.core]
   [lumo.impl.error :as error]
   [lumo.impl.lambda :as lambda]
   [lumo.impl.lambda.packaged :as packaged]
   [lumo.impl.npm :as npm]
   [lumo.impl.rehearsal :as rehearsal]
   [lumo.impl.script :as script]
   [lumo.impl.stack :as stack]
   [lumo.lambda.stream]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defn ^:export prepare
  "Makes the runtime ready."
  []
  (js/$lumo.closure.install)
  (js/goog.provide "cljs.user")
  (set! *ns* (create-ns 'cljs.user))
  (set! *eval* (fn [_]
                 (throw (error/own "lumo" "a packaged function has no compiler: eval works where it starts from source"))))
  (set! *print-newline* true)
  (rehearsal/rehearse!))

(defn ^:export preload
  "Loads the function whose root is `root` now."
  [root]
  (npm/use! js/globalThis.require)
  (packaged/load-app! root)
  nil)

(defn- make-code-cache!
  "Loads the function whose package the file is to be part of, and writes what V8 keeps of its compilation. `goog` are names of the
  Closure library that it refers to; those that are not here are printed. Ends the process, whatever the function has begun."
  [file goog]
  (npm/install! (:task-root (lambda/places)))
  (doseq [name goog :when (nil? (js/goog.getObjectByName name))]
    (println name))
  (let [script (packaged/load-app! (.join node-path file ".." ".."))]
    (.writeFileSync fs file (.createCachedData ^js script))
    (.exit js/process 0)))

(defn ^:export start
  "Runs the command line `argv`, a JS array: `--lambda NS/FN`, or, for lumo-lambda package, `--code-cache FILE [GOOG-NAME…]`."
  [argv]
  (stack/install!)
  (script/install!)
  (let [[option value & more] (vec argv)]
    (case option
      "--lambda"     (lambda/start! value (comp constantly lambda/served packaged/load!) (fn []))
      "--code-cache" (do (set-print-fn! #(.writeSync fs 1 %))
                         (make-code-cache! value more))
      (do (js/console.error "this is lumo without its compiler, for packaged functions: LUMO_SNAPSHOT is set")
          (.exit js/process 1)))))
