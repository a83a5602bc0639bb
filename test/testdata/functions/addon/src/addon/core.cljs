(ns addon.core
  "Uses an npm module that is a native addon, without a JavaScript half."
  (:require ["@node-rs/crc32" :as crc]))

(defn handler [{:keys [event]}]
  {:crc (crc/crc32 (get event "text"))})
