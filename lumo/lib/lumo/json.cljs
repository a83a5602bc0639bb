(ns lumo.json
  "JSON text and ClojureScript values."
  (:refer-clojure :exclude [read]))

(defn read-str
  "The value of a JSON text: objects are maps, arrays vectors. `:key-fn` makes keys of the objects' strings (`keyword` for
  keywords); `:value-fn`, called with a key and its value, makes the value."
  [text & {:keys [key-fn value-fn] :or {key-fn identity}}]
  (letfn [(convert [x]
            (cond
              (array? x)  (into [] (map convert) x)
              (object? x) (persistent!
                            (reduce (fn [m k]
                                      (let [key (key-fn k)
                                            v   (convert (unchecked-get x k))]
                                        (assoc! m key (if value-fn (value-fn key v) v))))
                              (transient {})
                              (js-keys x)))
              :else x))]
    (convert (js/JSON.parse text))))

(defn write-str
  "The JSON text of a value: keywords become their names, with their namespace where they have one. `:key-fn` makes strings of
  keys; `:indent` is the number of spaces for each level, none unless given."
  [value & {:keys [key-fn indent]}]
  (let [named  (fn [k] (if-let [n (and (ident? k) (namespace k))] (str n "/" (name k)) (if (ident? k) (name k) (str k))))
        key-fn (or key-fn named)]
    (js/JSON.stringify (clj->js value :keyword-fn key-fn) nil indent)))
