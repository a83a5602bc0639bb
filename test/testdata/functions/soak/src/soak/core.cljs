(ns soak.core
  "What a warm function does all day: small events, a line of log, now and then a large event or an error.")

(def ^:private collect!
  ;; V8's collector, which Node shows only where it is asked to.
  (delay
    (.setFlagsFromString (js/require "v8") "--expose-gc")
    (.runInNewContext (js/require "vm") "gc")))

(defn- heap []
  (@collect!)
  (let [m (.memoryUsage js/process)]
    (+ (.-heapUsed m) (.-external m))))

(defn handler [{:keys [event context]}]
  (case (get event "do")
    "heap"  {:heap (heap)}
    "throw" (throw (ex-info "as asked" {:n (get event "n")}))
    (do
      (when (zero? (mod (get event "n") 10))
        (println "line of" (:aws-request-id context)))
      (js/Promise.resolve {:n (get event "n") :size (count (get event "text"))}))))
