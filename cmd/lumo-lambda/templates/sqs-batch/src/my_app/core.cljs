(ns my-app.core
  "Messages of an SQS queue. Those that fail are named in the answer, and only they come again (the event source mapping has
  to have ReportBatchItemFailures)."
  (:require
   [lumo.lambda.log :as log]))

(defn process!
  "The work for one message, whose text is JSON. May return a promise. What it throws sends the message back to the queue."
  [{:strs [order]}]
  (when-not order
    (throw (ex-info "the message has no order" {})))
  (println "order" order "is done"))

(defn- attempt!
  "A promise of nil, or of the message's id where it failed."
  [{:strs [messageId body]}]
  (-> (js/Promise. (fn [resolve]
                     (resolve (process! (js->clj (js/JSON.parse body))))))
      (.then (constantly nil))
      (.catch (fn [e]
                (log/error "a message failed" {:message messageId} e)
                messageId))))

(defn handler [{:keys [event]}]
  (.then (js/Promise.all (into-array (map attempt! (get event "Records"))))
    (fn [failed]
      {:batchItemFailures (for [id failed :when id] {:itemIdentifier id})})))
