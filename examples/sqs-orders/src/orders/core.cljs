(ns orders.core
  "Works on the messages of a queue. Those that fail are named in the answer, and only they come again; the event source mapping has
  to have ReportBatchItemFailures. In a FIFO queue what follows a failed message of its group is left for the next time, too, as its
  order would be lost."
  (:require
   [lumo.lambda :as lambda]
   [lumo.lambda.log :as log]))

(def ^:private time-for-one
  "What a message is not begun without, in milliseconds: one that the deadline cuts off takes the whole batch with it."
  500)

(defn process!
  "The work for one order. May return a promise. What it throws sends the message back."
  [{:strs [order count]}]
  (when-not (pos-int? count)
    (throw (ex-info "an order is of one thing at least" {:order order})))
  (println "order" order "is packed"))

(defn- attempt!
  "A promise of true where the message's work is done."
  [{:strs [messageId body]}]
  (-> (js/Promise. (fn [resolve] (resolve (process! (js->clj (js/JSON.parse body))))))
      (.then (constantly true)
        (fn [e]
          (log/error "a message failed" {:message messageId} e)
          false))))

(defn- enough-time? []
  (if-let [left (lambda/remaining-ms)]
    (< time-for-one left)
    true)) ; no request, as in a test

(defn- one-by-one!
  "A promise of those messages that are to come again: the first that fails, and all behind it."
  [messages]
  (if-let [[message & more] (seq messages)]
    (if (enough-time?)
      (.then (attempt! message) #(if % (one-by-one! more) messages))
      (js/Promise.resolve messages))
    (js/Promise.resolve nil)))

(defn lanes
  "The messages that have to be worked on in their order: the groups of a FIFO queue, else each by itself."
  [messages]
  (vals (group-by #(get-in % ["attributes" "MessageGroupId"] (get % "messageId")) messages)))

(defn handler [{:keys [event]}]
  (.then (js/Promise.all (into-array (map one-by-one! (lanes (get event "Records")))))
    (fn [again]
      {:batchItemFailures (for [message (apply concat again)]
                            {:itemIdentifier (get message "messageId")})})))
