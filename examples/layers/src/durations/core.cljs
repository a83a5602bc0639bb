(ns durations.core
  "Adds durations up. It has a library of ClojureScript from a JAR in one layer, and an npm module from another."
  (:require
   [clojure.core.rrb-vector :as rrb]
   [ms]))

(defn total
  "The sum of durations as people write them (\"90 min\"), in milliseconds, without the first and the last `n`, which are outliers."
  [durations n]
  (let [sorted (rrb/vec (sort (map #(ms %) durations)))]
    (reduce + (rrb/subvec sorted n (- (count sorted) n)))))

(defn handler [{{:strs [durations outliers]} :event}]
  {:total (ms (total durations (or outliers 0)) #js {:long true})})
