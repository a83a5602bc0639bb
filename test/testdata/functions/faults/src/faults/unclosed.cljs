(ns faults.unclosed)

(defn handler [{:keys [event]}]
  {:answer (inc (get event "n")})
