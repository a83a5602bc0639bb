(ns live.core)

(defn handler [_]
  {:answer "before"})
