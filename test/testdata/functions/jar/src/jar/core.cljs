(ns jar.core
  "Uses a library from a JAR in lib/."
  (:require [clojure.core.rrb-vector :as rrb]))

(defn handler [{:keys [event]}]
  (let [{:strs [a b]} event
        joined (rrb/catvec (vec a) (vec b))]
    {:joined joined :middle (rrb/subvec joined 1 (dec (count joined)))}))
