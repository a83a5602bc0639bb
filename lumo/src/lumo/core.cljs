(ns lumo.core
  "The interpreter itself, for programs: its version, evaluation, the end of the process."
  (:refer-clojure :exclude [eval])
  (:require
   [cljs.core :as core]))

(def ^:private versions (js/JSON.parse js/$lumo.versions))

(def ^:dynamic *lumo-version*
  "The version of lumo, a string such as \"0.1.0\"."
  (.-lumo versions))

(defn version
  "A map of the versions of the parts: `:lumo`, `:clojurescript`, `:node` and `:v8`, all strings."
  []
  {:lumo          *lumo-version*
   :clojurescript *clojurescript-version*
   :node          (.slice js/process.version 1)
   :v8            (.. js/process -versions -v8)})

(defn eval
  "Evaluates a form in the current namespace and returns its value."
  [form]
  (core/eval form))

(defn exit
  "Ends the process with an exit status (default 0) after `exit` handlers have run; what was written to stdout is flushed."
  ([] (exit 0))
  ([status] (.exit js/process status)))
