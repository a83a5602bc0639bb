(ns managed.core)

(def ^:private here (atom []))

(defn- meet
  "A promise that is fulfilled when `n` requests wait for it."
  [n]
  (js/Promise.
    (fn [resolve]
      (when (= n (count (swap! here conj resolve)))
        (doseq [go @here] (go nil))
        (reset! here [])))))

(def ^:private parked (atom {}))

(defn- park
  "A promise that a later request fulfils."
  [k]
  (println "parked" k)
  (js/Promise. (fn [resolve] (swap! parked assoc k resolve))))

(defn handler [event context]
  (println "here is" (get event "n"))
  (cond
    (get event "fail") (throw (js/Error. "as told"))
    (get event "die")  (.kill js/process (.-pid js/process) "SIGKILL")
    (get event "park")
    (let [timer (js/setInterval (fn []) 1000)]
      (.then (park (get event "park")) (fn [answer] (js/clearInterval timer) answer)))
    (get event "release")
    (do ((@parked (get event "release")) (get event "release")) nil)
    :else
    ;; The timer keeps the process busy while the others are awaited.
    (let [timer (js/setInterval (fn []) 1000)]
      (.then (meet (get event "meet"))
        (fn [_]
          (js/clearInterval timer)
          {:n     (get event "n")
           :id    (:aws-request-id context)
           :trace (unchecked-get js/process.env "_X_AMZN_TRACE_ID")})))))
