(ns addon.fallback
  "Uses an npm module that has its own way out where its native addon cannot be loaded."
  (:require [bufferutil]
            ["bufferutil/fallback" :as fallback]))

(defn handler [{:keys [event]}]
  (let [bytes (js/Buffer.from (get event "text"))]
    (bufferutil/unmask bytes (js/Buffer.from #js [1 2 3 4]))
    {:masked (.toString bytes "hex")
     :native (not (identical? (.-unmask bufferutil) (.-unmask fallback)))}))
