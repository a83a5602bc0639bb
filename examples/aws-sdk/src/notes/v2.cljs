(ns notes.v2
  "What notes.v3 does, with version 2 of the AWS SDK, as functions of the first Lumo's runtime have it: one package, by symbol."
  (:require
   [aws-sdk]))

(defn- options
  "Version 3 takes the address of another AWS from AWS_ENDPOINT_URL by itself, version 2 has to be told."
  []
  (if-let [url js/process.env.AWS_ENDPOINT_URL]
    #js {:endpoint url :s3ForcePathStyle true}
    #js {}))

(defonce ^:private client
  (delay (aws-sdk/S3. (options))))

(defn- write! [bucket k text]
  (.promise (.putObject ^js @client #js {:Bucket bucket :Key k :Body text})))

(defn- ^:async text-of [bucket k]
  (let [^js answer (await (.promise (.getObject ^js @client #js {:Bucket bucket :Key k})))]
    (str (.-Body answer))))

(defn- ^:async keys-of [bucket]
  (let [^js answer (await (.promise (.listObjectsV2 ^js @client #js {:Bucket bucket})))]
    (mapv (fn [^js object] (.-Key object)) (.-Contents answer))))

(defn ^:async handler
  "Writes the event's note, and answers what the bucket has of it, and of others."
  [{{:strs [bucket key text]} :event}]
  (await (write! bucket key text))
  {:text (await (text-of bucket key))
   :keys (await (keys-of bucket))})
