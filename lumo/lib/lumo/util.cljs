(ns lumo.util
  "Small things that programs for Lumo use."
  (:require
   [clojure.string :as string]))

(defn ns->path
  "The class path name of a namespace, without an extension: my-app.core is my_app/core."
  [ns-sym]
  (-> (str ns-sym) (string/replace "-" "_") (string/replace "." "/")))

(defn line-seq
  "The lines of a text."
  [text]
  (string/split-lines text))

(defn distinct-by
  "The items of `coll`, the first of each whose `(f item)` is the same."
  [f coll]
  (->> coll
       (reduce (fn [[seen items] x]
                 (let [k (f x)]
                   (if (contains? seen k) [seen items] [(conj seen k) (conj items x)])))
         [#{} []])
       second
       seq))
