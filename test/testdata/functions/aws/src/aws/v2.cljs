(ns aws.v2
  "The case that the first Lumo's static build died of, as its users wrote it: aws-sdk by symbol, and .getObject."
  (:require [aws.body :as body]))

(require 'aws-sdk)

(def s3-client (aws-sdk/S3.))
(def dynamodb (aws-sdk/DynamoDB.))
(def sqs (aws-sdk/SQS.))
(def sts (aws-sdk/STS.))
(def lambda (aws-sdk/Lambda.))

(def table
  #js {:TableName            "v2"
       :KeySchema            #js [#js {:AttributeName "id" :KeyType "HASH"}]
       :AttributeDefinitions #js [#js {:AttributeName "id" :AttributeType "S"}]
       :BillingMode          "PAY_PER_REQUEST"})

(defn- text [bucket key]
  (-> (.getObject s3-client #js {:Bucket bucket :Key key})
      .promise
      (.then #(str (.-Body %)))))

(defn handler [{{:strs [bucket key bytes times] order "do"} :event}]
  (case order
    "create-bucket"
    (-> (.promise (.createBucket s3-client #js {:Bucket bucket}))
        (.then #(.promise (.listBuckets s3-client)))
        (.then #(map (fn [found] (.-Name found)) (.-Buckets %))))

    "put"
    (let [content (body/random bytes)]
      (-> (.promise (.putObject s3-client #js {:Bucket bucket :Key key :Body content}))
          (.then (fn [_] {:bytes bytes :sha256 (body/sha256 content)}))))

    "put-text"
    (-> (.promise (.putObject s3-client #js {:Bucket bucket :Key key :Body (str "the text of " key)}))
        (.then (fn [_] key)))

    "get"
    (body/digest (.createReadStream (.getObject s3-client #js {:Bucket bucket :Key key})))

    "get-text"
    (text bucket key)

    "get-at-once"
    (js/Promise.all (repeatedly times #(text bucket key)))

    "get-missing"
    (.catch (text bucket key) #(.-code %))

    "sts"
    (-> (.promise (.getCallerIdentity sts)) (.then #(.-Account %)))

    "dynamodb"
    (-> (.promise (.createTable dynamodb table))
        (.then #(.promise (.putItem dynamodb #js {:TableName "v2" :Item #js {:id #js {:S "1"} :text #js {:S "λ"}}})))
        (.then #(.promise (.getItem dynamodb #js {:TableName "v2" :Key #js {:id #js {:S "1"}}})))
        (.then #(.. % -Item -text -S)))

    "sqs"
    (let [url (atom nil)]
      (-> (.promise (.createQueue sqs #js {:QueueName "v2"}))
          (.then #(.promise (.sendMessage sqs #js {:QueueUrl (reset! url (.-QueueUrl %)) :MessageBody "λ"})))
          (.then #(.promise (.receiveMessage sqs #js {:QueueUrl @url})))
          (.then #(.-Body (first (.-Messages %))))))

    "lambda"
    (-> (.promise (.publishLayerVersion lambda #js {:LayerName "v2" :Content #js {:ZipFile (js/Buffer.from "no zip")}}))
        (.then #(.promise (.listLayers lambda)))
        (.then #(map (fn [layer] (.-LayerName layer)) (.-Layers %))))))
