(ns notes.v3
  "Keeps notes in a bucket, with version 3 of the AWS SDK: its packages are required by string, as their names are no symbols."
  (:require
   ["@aws-sdk/client-s3" :refer [GetObjectCommand ListObjectsV2Command PutObjectCommand S3Client]]))

(defonce ^:private client
  ;; Once a sandbox, and with the first request, so that the tests need no region.
  (delay (S3Client.)))

(defn- send! [command]
  (.send ^js @client command))

(defn- write! [bucket k text]
  (send! (PutObjectCommand. #js {:Bucket bucket :Key k :Body text})))

(defn- ^:async text-of [bucket k]
  (let [^js answer (await (send! (GetObjectCommand. #js {:Bucket bucket :Key k})))]
    (await (.transformToString (.-Body answer)))))

(defn- ^:async keys-of [bucket]
  (let [^js answer (await (send! (ListObjectsV2Command. #js {:Bucket bucket})))]
    (mapv (fn [^js object] (.-Key object)) (.-Contents answer))))

(defn ^:async handler
  "Writes the event's note, and answers what the bucket has of it, and of others."
  [{{:strs [bucket key text]} :event}]
  (await (write! bucket key text))
  {:text (await (text-of bucket key))
   :keys (await (keys-of bucket))})
