(ns csv.core
  "Turns each file of JSON Lines that is put into a bucket under in/ into a CSV file under out/. Both are streams: a file may be larger
  than the memory."
  (:require
   [clojure.string :as string]
   [csv.s3 :as s3]
   [csv.table :as table]))

(defn source
  "Bucket and key of a record; the key comes encoded as in a form."
  [record]
  {:bucket (get-in record ["s3" "bucket" "name"])
   :key    (js/decodeURIComponent (string/replace (get-in record ["s3" "object" "key"]) "+" " "))})

(defn target
  "in/2026/a.jsonl becomes out/2026/a.csv."
  [k]
  (-> k (string/replace #"^in/" "out/") (string/replace #"\.jsonl$" ".csv")))

(defn- ^:async turn! [columns {:keys [bucket key]}]
  (let [input (await (s3/open bucket key))
        rows  (await (s3/write! bucket (target key) #(table/rows! columns input %)))]
    (println key "has" rows "rows")
    {:key (target key) :rows rows}))

(defn ^:async handler [{:keys [event]}]
  (let [columns (string/split js/process.env.COLUMNS #",")]
    (vec (await (js/Promise.all (into-array (map #(turn! columns (source %)) (get event "Records"))))))))
