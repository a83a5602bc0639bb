(ns orders.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [lumo.lambda.events :as events]
   [orders.core :as core]))

(defn- event
  "An event with these orders, each with its group where the queue is FIFO."
  [& orders]
  (update (events/sqs (for [[body] orders] body)) "Records"
    (fn [records]
      (map (fn [record [_ group]]
             (cond-> record group (assoc-in ["attributes" "MessageGroupId"] group)))
        records orders))))

(defn- comes-again
  "Gives f the numbers, from 1, of the messages that come again."
  [done f event]
  (let [number (zipmap (map #(get % "messageId") (get event "Records")) (rest (range)))]
    (-> (core/handler {:event event})
        (.then #(f (sort (map (comp number :itemIdentifier) (:batchItemFailures %)))))
        (.finally done))))

(deftest only-the-failed-come-again
  (async done
    (comes-again done #(is (= [2 3] %))
      (event ["{\"order\":1,\"count\":1}"] ["{\"order\":2,\"count\":0}"] ["no JSON"] ["{\"order\":4,\"count\":9}"]))))

(deftest a-group-keeps-its-order
  (async done
    (comes-again done #(is (= [3 5] %))
      (event
        ["{\"order\":1,\"count\":1}" "a"]
        ["{\"order\":2,\"count\":1}" "b"]
        ["{\"order\":3,\"count\":0}" "a"]
        ["{\"order\":4,\"count\":1}" "b"]
        ["{\"order\":5,\"count\":1}" "a"]))))
