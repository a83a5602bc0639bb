(ns faults.warns)

(defn handler [{:keys [event]}]
  (if (get event "call")
    (undeclared 1) ; warned of
    "fine"))
