(ns both.core
  "Uses a library from a JAR and an npm module, which a second layer brings."
  (:require [clojure.core.rrb-vector :as rrb]
            [ms]))

(defn handler [{:keys [event]}]
  {:total (reduce + (map ms (rrb/catvec (get event "some") (get event "more"))))})
