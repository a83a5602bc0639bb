(ns csv.s3
  "Objects as streams: read as they come, written part by part while they are made."
  (:require
   ["@aws-sdk/client-s3" :refer [AbortMultipartUploadCommand CompleteMultipartUploadCommand CreateMultipartUploadCommand GetObjectCommand S3Client UploadPartCommand]]
   [csv.parts :as parts]))

(defonce ^:private client
  (delay (S3Client.)))

(def ^:private least-part
  "S3 takes no part but the last that is smaller, in bytes."
  (* 5 1024 1024))

(defn ^:async open
  "A promise of the object's bytes, a Node stream."
  [bucket k]
  (.-Body ^js (await (.send ^js @client (GetObjectCommand. #js {:Bucket bucket :Key k})))))

(defn ^:async write!
  "Writes an object of what `produce!` passes to the function that it is called with. Only one part is ever in memory. Where
  `produce!` fails there is no object."
  [bucket k produce!]
  (let [request  (fn [extra] (js/Object.assign #js {:Bucket bucket :Key k} extra))
        id       (.-UploadId ^js (await (.send ^js @client (CreateMultipartUploadCommand. (request #js {:ContentType "text/csv"})))))
        of-ours  (fn [extra] (js/Object.assign (request #js {:UploadId id}) extra))
        uploaded #js []
        send!    (fn [bytes]
                   (let [number (inc (.-length uploaded))]
                     (.then (.send ^js @client (UploadPartCommand. (of-ours #js {:PartNumber number :Body bytes})))
                       (fn [^js answer] (.push uploaded #js {:PartNumber number :ETag (.-ETag answer)})))))]
    (try
      (let [result (await (parts/in-parts! least-part send! produce!))]
        (await (.send ^js @client (CompleteMultipartUploadCommand. (of-ours #js {:MultipartUpload #js {:Parts uploaded}}))))
        result)
      (catch :default e
        (await (.send ^js @client (AbortMultipartUploadCommand. (of-ours #js {}))))
        (throw e)))))
