(ns npm.core
  "Uses an npm module from node_modules, by symbol and by string."
  (:require [ms]
            ["ms" :as duration]))

(defn handler [{:keys [event]}]
  {:milliseconds (ms (get event "text"))
   :text         (duration (get event "milliseconds") #js {:long true})})
