(ns my-app.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [lumo.lambda.events :as events]
   [my-app.core :as core]))

(deftest only-the-failed-come-again
  (async done
    (let [event (events/sqs ["{\"order\":1}" "{}" "no JSON" "{\"order\":4}"])
          ids   (mapv #(get % "messageId") (get event "Records"))]
      (-> (core/handler {:event event})
          (.then (fn [answer]
                   (is (= [{:itemIdentifier (ids 1)} {:itemIdentifier (ids 2)}] (:batchItemFailures answer)))))
          (.finally done)))))
