(ns my-app.core
  "Runs on a schedule of EventBridge.")

(defn window
  "The hour before the moment that the event names, in epoch milliseconds: a schedule may fire late, or twice, so the work follows
  from the event and not from the clock."
  [event]
  (let [end (.getTime (js/Date. (get event "time")))]
    {:from (- end (* 60 60 1000)) :to end}))

(defn work!
  "The work of one run."
  [{:keys [from to]}]
  (println "working on what came from" (.toISOString (js/Date. from)) "to" (.toISOString (js/Date. to)))
  {:minutes (quot (- to from) 60000)})

(defn handler [{:keys [event]}]
  (work! (window event)))
