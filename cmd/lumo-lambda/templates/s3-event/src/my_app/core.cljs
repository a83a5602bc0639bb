(ns my-app.core
  "Counts the lines of each CSV file that is put into a bucket. The file is read as a stream, so it may be larger than the
  memory."
  (:require
   [clojure.string :as string]))

(defonce ^:private client
  ;; Loaded with the first object: `npm install` brings it.
  (delay
    (let [s3 (js/require "@aws-sdk/client-s3")]
      {:client (new (.-S3Client s3) #js {}) :get-object (.-GetObjectCommand s3)})))

(defn- open
  "A promise of an object's bytes, as a Node stream."
  [bucket object-key]
  (let [{:keys [client get-object]} @client]
    (.then (.send ^js client (new get-object #js {:Bucket bucket :Key object-key}))
      (fn [^js answer] (.-Body answer)))))

(defn count-lines
  "A promise of the number of lines of a Node stream."
  [input]
  (let [lines (.createInterface (js/require "readline") #js {:input input :crlfDelay js/Infinity})
        total (volatile! 0)]
    (js/Promise.
      (fn [resolve reject]
        (.on ^js input "error" reject)
        (doto ^js lines
          (.on "line" (fn [_] (vswap! total inc)))
          (.on "close" (fn [] (resolve @total))))))))

(defn object
  "Bucket and key of a record; the key comes encoded as in a form."
  [record]
  {:bucket (get-in record ["s3" "bucket" "name"])
   :key    (js/decodeURIComponent (string/replace (get-in record ["s3" "object" "key"]) "+" " "))})

(defn count-all
  "A promise of the lines of each of the event's objects, which `open` opens."
  [open event]
  (.then (js/Promise.all
           (into-array
             (for [{:keys [bucket key]} (map object (get event "Records"))]
               (.then (.then (open bucket key) count-lines)
                 (fn [lines]
                   (println key "has" lines "lines")
                   {:key key :lines lines})))))
    vec))

(defn handler [{:keys [event]}]
  (count-all open event))
