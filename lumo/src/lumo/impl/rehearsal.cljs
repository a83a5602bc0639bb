(ns lumo.impl.rehearsal
  "Runs what every invocation runs, before a snapshot is taken: V8 compiles a function when it is first called, and keeps it then."
  (:require
   [lumo.impl.lambda.event :as event]
   [lumo.impl.lambda.handler :as handler]))

(def ^:private sample
  "{\"version\":\"2.0\",\"headers\":{\"a\":\"b\"},\"items\":[1,2.5,true,null,\"x\"],\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7}")

(defn rehearse!
  "Reads an event in each form, calls handlers of each arity, and writes answers."
  []
  (doseq [form [nil :keywords :js :json]]
    (let [value ((event/event-reader form) sample)]
      (doseq [f [(fn [m] (:event m)) (fn [e _] e) (fn [e _ _] e)]]
        (event/answer-bytes ((:call (handler/handler 'a/b (constantly f) nil)) value {})))))
  (event/answer-bytes {:statusCode 200 :body (str "a" :b 'c 1.5 [1 "x" {:k #{2}}]) :list (map inc [1 2])})
  (with-out-str (prn {:a [1 "b" 'c]} #{1} (list 1 2)))
  nil)
