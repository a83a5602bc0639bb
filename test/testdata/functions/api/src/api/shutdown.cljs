(ns api.shutdown
  "A function that has something to close when its sandbox ends.")

(.on js/process "SIGTERM"
  (fn [signal]
    (println "asked to end by" signal)
    (js/setTimeout #(println "closed the books") 10)))

(defn handler [_] "open")
