(ns lumo.impl.text
  "Texts for people: how paths are shown, and which known name a misspelt one is closest to."
  (:require
   [clojure.string :as string]))

(def ^:private node-path (js/require "path"))

(defn shown-path
  "A file's path as people know it: relative to the working directory where it lies below it."
  [file]
  (let [file     (str file)
        relative (when (.isAbsolute node-path file) (.relative node-path (.cwd js/process) file))]
    (if (and relative (seq relative) (not (string/starts-with? relative "..")))
      relative
      file)))

(defn known-path
  "The file that `shown-path` showed as `shown`: the first for which `known?` is true, or nil."
  [shown known?]
  (first (filter known? [shown (.resolve node-path shown)])))

(defn- distance
  "The number of characters to insert, delete, replace or swap with the next one to turn `a` into `b`."
  [a b]
  (let [width (inc (count b))]
    (loop [i 1, before nil, row (vec (range width))]
      (if (> i (count a))
        (peek row)
        (recur (inc i) row
          (reduce
            (fn [new j]
              (let [same?   (= (nth a (dec i)) (nth b (dec j)))
                    cost    (min (inc (nth row j)) (inc (peek new)) (+ (nth row (dec j)) (if same? 0 1)))
                    swapped (when (and before (> j 1)
                                       (= (nth a (dec i)) (nth b (- j 2)))
                                       (= (nth a (- i 2)) (nth b (dec j))))
                              (inc (nth before (- j 2))))]
                (conj new (if swapped (min cost swapped) cost))))
            [i]
            (range 1 width)))))))

(defn nearest
  "The one of `candidates` (strings) that `wanted` is most likely a misspelling of, or nil where none is close: at most a
  third of its characters may differ."
  [wanted candidates]
  (let [limit  (max 1 (quot (count wanted) 3))
        scored (for [c (distinct candidates)
                     :when (<= (js/Math.abs (- (count c) (count wanted))) limit)
                     :let [d (distance (string/lower-case wanted) (string/lower-case c))]
                     :when (<= d limit)]
                 [d c])]
    (second (first (sort scored)))))

(defn did-you-mean
  "\"; did you mean X?\" or an empty string."
  [wanted candidates]
  (if-let [n (nearest wanted candidates)]
    (str "; did you mean " n "?")
    ""))
