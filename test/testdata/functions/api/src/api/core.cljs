(ns api.core
  "What the Runtime API says of a request, and what a request leaves behind.")

(defn- trace-id [] (unchecked-get (.-env js/process) "_X_AMZN_TRACE_ID"))

(defn- later [text ms]
  (js/setTimeout #(println text) ms))

(defn handler [{:keys [event context]}]
  (let [id (:aws-request-id context)]
    (case (get event "do")
      ;; Before and after an await: the trace id is the request's throughout.
      "trace" (-> (js/Promise.resolve (trace-id))
                  (.then (fn [first]
                           (js/Promise. (fn [resolve]
                                          (js/setTimeout #(resolve {:first first :second (trace-id) :context (:trace-id context)})
                                            1))))))
      "about" {:identity       (:identity context)
               :client-context (:client-context context)
               :tenant-id      (:tenant-id context)
               :deadline-ms    (:deadline-ms context)}
      "leave" (do (later (str "late line of " id) 20)
                  (js/setInterval (fn []) 1000)
                  {:left id})
      "wait"  (js/Promise. (fn [resolve]
                             (println "line of" id)
                             (js/setTimeout #(resolve {:waited id}) 100)))
      "utc"   {:offset (.getTimezoneOffset (js/Date.)) :lang (.. js/process -env -LANG)}
      {:event event})))
