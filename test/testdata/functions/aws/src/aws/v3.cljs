(ns aws.v3
  "What aws.v2 does, with version 3 of the SDK: its packages by string, as their names are no symbols."
  (:require [aws.body :as body]
            ["@aws-sdk/client-dynamodb" :refer [CreateTableCommand DynamoDBClient GetItemCommand PutItemCommand]]
            ["@aws-sdk/client-lambda" :refer [LambdaClient ListLayersCommand PublishLayerVersionCommand]]
            ["@aws-sdk/client-s3" :refer [CreateBucketCommand GetObjectCommand ListBucketsCommand PutObjectCommand S3Client]]
            ["@aws-sdk/client-sqs" :refer [CreateQueueCommand ReceiveMessageCommand SQSClient SendMessageCommand]]
            ["@aws-sdk/client-sts" :refer [GetCallerIdentityCommand STSClient]]))

(def s3-client (S3Client.))
(def dynamodb (DynamoDBClient.))
(def sqs (SQSClient.))
(def sts (STSClient.))
(def lambda (LambdaClient.))

(def table
  #js {:TableName            "v3"
       :KeySchema            #js [#js {:AttributeName "id" :KeyType "HASH"}]
       :AttributeDefinitions #js [#js {:AttributeName "id" :AttributeType "S"}]
       :BillingMode          "PAY_PER_REQUEST"})

(defn- text [bucket key]
  (-> (.send s3-client (GetObjectCommand. #js {:Bucket bucket :Key key}))
      (.then #(.transformToString (.-Body %)))))

(defn handler [{{:strs [bucket key bytes times] order "do"} :event}]
  (case order
    "create-bucket"
    (-> (.send s3-client (CreateBucketCommand. #js {:Bucket bucket}))
        (.then #(.send s3-client (ListBucketsCommand. #js {})))
        (.then #(map (fn [found] (.-Name found)) (.-Buckets %))))

    "put"
    (let [content (body/random bytes)]
      (-> (.send s3-client (PutObjectCommand. #js {:Bucket bucket :Key key :Body content}))
          (.then (fn [_] {:bytes bytes :sha256 (body/sha256 content)}))))

    "put-text"
    (-> (.send s3-client (PutObjectCommand. #js {:Bucket bucket :Key key :Body (str "the text of " key)}))
        (.then (fn [_] key)))

    "get"
    (-> (.send s3-client (GetObjectCommand. #js {:Bucket bucket :Key key}))
        (.then #(body/digest (.-Body %))))

    "get-text"
    (text bucket key)

    "get-at-once"
    (js/Promise.all (repeatedly times #(text bucket key)))

    "get-missing"
    (.catch (text bucket key) #(.-name %))

    "sts"
    (-> (.send sts (GetCallerIdentityCommand. #js {})) (.then #(.-Account %)))

    "dynamodb"
    (-> (.send dynamodb (CreateTableCommand. table))
        (.then #(.send dynamodb (PutItemCommand. #js {:TableName "v3" :Item #js {:id #js {:S "1"} :text #js {:S "λ"}}})))
        (.then #(.send dynamodb (GetItemCommand. #js {:TableName "v3" :Key #js {:id #js {:S "1"}}})))
        (.then #(.. % -Item -text -S)))

    "sqs"
    (let [url (atom nil)]
      (-> (.send sqs (CreateQueueCommand. #js {:QueueName "v3"}))
          (.then #(.send sqs (SendMessageCommand. #js {:QueueUrl (reset! url (.-QueueUrl %)) :MessageBody "λ"})))
          (.then #(.send sqs (ReceiveMessageCommand. #js {:QueueUrl @url})))
          (.then #(.-Body (first (.-Messages %))))))

    "lambda"
    (-> (.send lambda (PublishLayerVersionCommand. #js {:LayerName "v3" :Content #js {:ZipFile (js/Buffer.from "no zip")}}))
        (.then #(.send lambda (ListLayersCommand. #js {})))
        (.then #(map (fn [layer] (.-LayerName layer)) (.-Layers %))))))
