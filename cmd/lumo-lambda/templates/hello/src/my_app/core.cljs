(ns my-app.core
  "Greets whoever the event names.")

(defn handler
  "Lambda calls this with one map: :event, whose keys are strings, and :context."
  [{:keys [event context]}]
  (println "greeting for request" (:aws-request-id context))
  {:greeting (str "Hello, " (get event "name" "world") "!")})
