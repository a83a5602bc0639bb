(ns addon.late
  "Loads a native addon while it handles an event.")

(defn handler [{:keys [event]}]
  {:crc (.crc32 (js/require "@node-rs/crc32") (get event "text"))})
