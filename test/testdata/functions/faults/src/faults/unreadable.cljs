(ns faults.unreadable)

(defn handler [_]
  {:one 1 :two}) ; a key without a value
