(ns suite
  "Runs the test namespaces in a folder, each loaded by itself, and says what came of them:

      lumo -c FOLDER:test/suite -m suite FOLDER [EXCEPTIONS]

  A test namespace is a .cljs or .cljc file in which something is a `deftest` of cljs.test or of its own. EXCEPTIONS is a file of EDN, a map
  of the namespaces that are left out to why. The status is 1 where an assertion failed or a namespace did not load."
  (:require
   [cljs.test :as test]
   [clojure.edn :as edn]
   [clojure.string :as string]
   [lumo.core :as lumo]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defn- test-namespaces [folder]
  (sort
    (for [file  (.readdirSync fs folder #js {:recursive true})
          :when (re-find #"\.clj[cs]$" file)
          :let  [text (.readFileSync fs (.join node-path folder file) "utf8")]
          :when (re-find #"(?m)^\s*\((\w+/)?deftest\s" text)]
      (-> file (string/replace #"\.clj[cs]$" "") (string/replace "/" ".") (string/replace "_" "-") symbol))))

(defn- load-failure
  "Requires a namespace; nil, or what went wrong."
  [ns-sym]
  (try
    (lumo/eval (list 'require (list 'quote ns-sym)))
    nil
    (catch :default e
      (first (string/split-lines (str (ex-message (or (ex-cause e) e))))))))

(defn -main [folder & [exceptions]]
  (let [left-out (if exceptions (edn/read-string (.readFileSync fs exceptions "utf8")) {})
        wanted   (remove left-out (test-namespaces folder))
        failures (into {} (keep (fn [n] (some->> (load-failure n) (vector n)))) wanted)
        loaded   (remove failures wanted)]
    ;; A test may throw outside of itself on purpose, where a page would go on.
    (.removeAllListeners js/process "uncaughtException")
    (.on js/process "uncaughtException" #(println "uncaught:" (ex-message %)))
    (defmethod test/report [::test/default :end-run-tests] [{:keys [pass fail error]}]
      (doseq [[n why] left-out] (println "left out:" (str n ":") why))
      (doseq [[n why] failures] (println "not loaded:" (str n ":") why))
      (println (str (count loaded) " namespaces: " (+ pass fail error) " assertions run, " pass " passed, " fail " failed, "
                    error " errors; " (count left-out) " left out, " (count failures) " not loaded"))
      (when (pos? (+ fail error (count failures)))
        (set! (.-exitCode js/process) 1)))
    (lumo/eval `(cljs.test/run-tests ~@(map #(list 'quote %) loaded)))
    nil))
