(ns lumo.lambda.events
  "Sample events for tests, each in the form that AWS documents, as a handler gets it: maps with string keys.

      (events/http-api {\"rawPath\" \"/orders\" \"requestContext\" {\"http\" {\"method\" \"POST\"}}})
      (events/sqs [\"first\" \"second\"])

  `overrides` are merged into the event, maps into maps; nil takes a key out.")

(defn- merge-deep [a b]
  (if (and (map? a) (map? b))
    (reduce-kv (fn [m k v]
                 (if (nil? v) (dissoc m k) (assoc m k (merge-deep (get m k) v))))
      a b)
    b))

(def ^:private account "111122223333")
(def ^:private region "eu-central-1")
(def ^:private time-text "2026-01-02T03:04:05Z")
(def ^:private time-ms 1767323045000)

(defn- arn [service what]
  (str "arn:aws:" service ":" region ":" account ":" what))

(defn- id
  "An id of the n-th record, in the form of a UUID."
  [n]
  (str "00000000-0000-4000-8000-" (.padStart (str n) 12 "0")))

;; -- requests --------------------------------------------------------------------------------------------------------------

(defn rest-api
  "A request that API Gateway passes on from a REST API (payload version 1.0)."
  ([] (rest-api {}))
  ([overrides]
   (merge-deep
     {"resource"   "/{proxy+}"
      "path"       "/hello"
      "httpMethod" "GET"
      "headers"           {"Accept" "*/*" "Host" "abc123.execute-api.eu-central-1.amazonaws.com" "X-Forwarded-For" "198.51.100.7"
                           "X-Forwarded-Port" "443" "X-Forwarded-Proto" "https"}
      "multiValueHeaders" {"Accept" ["*/*"] "Host" ["abc123.execute-api.eu-central-1.amazonaws.com"]
                           "X-Forwarded-For" ["198.51.100.7"] "X-Forwarded-Port" ["443"] "X-Forwarded-Proto" ["https"]}
      "queryStringParameters"           {"name" "Lisp"}
      "multiValueQueryStringParameters" {"name" ["Lisp"]}
      "pathParameters" {"proxy" "hello"}
      "stageVariables" {}
      "requestContext"
      {"accountId" account "apiId" "abc123" "resourceId" "r1" "resourcePath" "/{proxy+}" "stage" "prod"
       "path" "/prod/hello" "httpMethod" "GET" "protocol" "HTTP/1.1" "requestId" (id 1) "extendedRequestId" "ext1"
       "domainName" "abc123.execute-api.eu-central-1.amazonaws.com" "domainPrefix" "abc123"
       "requestTime" "02/Jan/2026:03:04:05 +0000" "requestTimeEpoch" time-ms
       "identity" {"sourceIp" "198.51.100.7" "userAgent" "curl/8.5.0"}}
      "body" nil
      "isBase64Encoded" false}
     overrides)))

(defn http-api
  "A request that API Gateway passes on from an HTTP API (payload version 2.0)."
  ([] (http-api {}))
  ([overrides]
   (merge-deep
     {"version"        "2.0"
      "routeKey"       "$default"
      "rawPath"        "/hello"
      "rawQueryString" "name=Lisp"
      "cookies"        []
      "headers"        {"accept" "*/*" "host" "abc123.execute-api.eu-central-1.amazonaws.com" "x-forwarded-for" "198.51.100.7"
                        "x-forwarded-port" "443" "x-forwarded-proto" "https"}
      "queryStringParameters" {"name" "Lisp"}
      "requestContext"
      {"accountId" account "apiId" "abc123" "domainName" "abc123.execute-api.eu-central-1.amazonaws.com"
       "domainPrefix" "abc123" "requestId" (id 1) "routeKey" "$default" "stage" "$default"
       "time" "02/Jan/2026:03:04:05 +0000" "timeEpoch" time-ms
       "http" {"method" "GET" "path" "/hello" "protocol" "HTTP/1.1" "sourceIp" "198.51.100.7" "userAgent" "curl/8.5.0"}}
      "isBase64Encoded" false}
     overrides)))

(defn function-url
  "A request to a function URL."
  ([] (function-url {}))
  ([overrides]
   (let [host "abcdefghij.lambda-url.eu-central-1.on.aws"]
     (merge-deep
       (http-api {"headers" {"host" host}
                  "requestContext" {"accountId" "anonymous" "apiId" "abcdefghij" "domainName" host "domainPrefix" "abcdefghij"}})
       overrides))))

(defn load-balancer
  "A request that an Application Load Balancer passes on. With multi-value headers switched on at the target group it has
  multiValueHeaders and multiValueQueryStringParameters in place of the single ones."
  ([] (load-balancer {}))
  ([overrides]
   (merge-deep
     {"requestContext" {"elb" {"targetGroupArn" (arn "elasticloadbalancing" "targetgroup/hello/0123456789abcdef")}}
      "httpMethod" "GET"
      "path"       "/hello"
      "queryStringParameters" {"name" "Lisp"}
      "headers" {"accept" "*/*" "host" "hello-1.eu-central-1.elb.amazonaws.com" "x-forwarded-for" "198.51.100.7"
                 "x-forwarded-port" "443" "x-forwarded-proto" "https"}
      "body" ""
      "isBase64Encoded" false}
     overrides)))

;; -- records ---------------------------------------------------------------------------------------------------------------

(defn- records
  "An event of one record for each of `xs`; `->record` gets its number, from 1, and the x."
  [xs overrides ->record]
  (merge-deep {"Records" (vec (map-indexed #(->record (inc %1) %2) xs))} overrides))

(defn sqs
  "Messages of a queue; `bodies` are their texts."
  ([] (sqs ["{\"order\":7}"]))
  ([bodies] (sqs bodies {}))
  ([bodies overrides]
   (records bodies overrides
     (fn [n body]
       {"messageId"         (id n)
        "receiptHandle"     (str "receipt-" n)
        "body"              body
        "attributes"        {"ApproximateReceiveCount" "1" "SentTimestamp" (str time-ms)
                             "SenderId" "AIDAEXAMPLE" "ApproximateFirstReceiveTimestamp" (str (inc time-ms))}
        "messageAttributes" {}
        ;; of the body, as SQS makes it
        "md5OfBody"         (-> (js/require "crypto") (.createHash "md5") (.update body) (.digest "hex"))
        "eventSource"       "aws:sqs"
        "eventSourceARN"    (arn "sqs" "hello")
        "awsRegion"         region}))))

(defn sns
  "Notifications of a topic; `messages` are their texts."
  ([] (sns ["hello"]))
  ([messages] (sns messages {}))
  ([messages overrides]
   (records messages overrides
     (fn [n message]
       {"EventVersion"         "1.0"
        "EventSource"          "aws:sns"
        "EventSubscriptionArn" (arn "sns" (str "hello:" (id 9)))
        "Sns" {"Type" "Notification" "MessageId" (id n) "TopicArn" (arn "sns" "hello") "Subject" "greeting"
               "Message" message "Timestamp" "2026-01-02T03:04:05.000Z" "SignatureVersion" "1" "Signature" "c2lnbmF0dXJl"
               "SigningCertUrl" "https://sns.eu-central-1.amazonaws.com/cert.pem"
               "UnsubscribeUrl" "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe"
               "MessageAttributes" {}}}))))

(defn s3
  "Objects that were put into a bucket; `keys` are the objects' keys."
  ([] (s3 ["folder/hello.txt"]))
  ([object-keys] (s3 object-keys {}))
  ([object-keys overrides]
   (records object-keys overrides
     (fn [n object-key]
       {"eventVersion" "2.1"
        "eventSource"  "aws:s3"
        "awsRegion"    region
        "eventTime"    "2026-01-02T03:04:05.000Z"
        "eventName"    "ObjectCreated:Put"
        "userIdentity" {"principalId" "AWS:AIDAEXAMPLE"}
        "requestParameters" {"sourceIPAddress" "198.51.100.7"}
        "responseElements"  {"x-amz-request-id" (str "REQUEST" n) "x-amz-id-2" (str "host-" n)}
        "s3" {"s3SchemaVersion" "1.0"
              "configurationId" "hello"
              "bucket" {"name" "hello-bucket" "ownerIdentity" {"principalId" "A1EXAMPLE"} "arn" "arn:aws:s3:::hello-bucket"}
              ;; the key is encoded as in a form: blanks are plus signs
              "object" {"key" (-> (js/encodeURIComponent object-key) (.replaceAll "%2F" "/") (.replaceAll "%20" "+"))
                        "size" 5 "eTag" "5d41402abc4b2a76b9719d911017c592" "sequencer" (str "00000000000000000" n)}}}))))

(defn dynamodb-stream
  "Items that were inserted into a table; `images` are maps in DynamoDB's own form: {\"id\" {\"S\" \"7\"}}."
  ([] (dynamodb-stream [{"id" {"S" "7"} "total" {"N" "12.5"}}]))
  ([images] (dynamodb-stream images {}))
  ([images overrides]
   (records images overrides
     (fn [n image]
       {"eventID"        (id n)
        "eventName"      "INSERT"
        "eventVersion"   "1.1"
        "eventSource"    "aws:dynamodb"
        "awsRegion"      region
        "eventSourceARN" (arn "dynamodb" "table/hello/stream/2026-01-01T00:00:00.000")
        "dynamodb" {"ApproximateCreationDateTime" (quot time-ms 1000)
                    "Keys"           (select-keys image ["id"])
                    "NewImage"       image
                    "SequenceNumber" (str (* 100 n))
                    "SizeBytes"      26
                    "StreamViewType" "NEW_AND_OLD_IMAGES"}}))))

(defn kinesis
  "Records of a Kinesis stream; `texts` are their data, which the event has in base64."
  ([] (kinesis ["hello"]))
  ([texts] (kinesis texts {}))
  ([texts overrides]
   (records texts overrides
     (fn [n text]
       {"kinesis" {"kinesisSchemaVersion" "1.0" "partitionKey" "key" "sequenceNumber" (str 4900000000 n)
                   "data" (.toString (.from js/Buffer text) "base64")
                   "approximateArrivalTimestamp" (/ time-ms 1000)}
        "eventSource"       "aws:kinesis"
        "eventVersion"      "1.0"
        "eventID"           (str "shardId-000000000000:" n)
        "eventName"         "aws:kinesis:record"
        "invokeIdentityArn" "arn:aws:iam::111122223333:role/hello"
        "awsRegion"         region
        "eventSourceARN"    (arn "kinesis" "stream/hello")}))))

(defn event-bridge
  "An event of a bus."
  ([] (event-bridge {}))
  ([overrides]
   (merge-deep
     {"version" "0" "id" (id 1) "detail-type" "order placed" "source" "shop" "account" account "time" time-text "region" region
      "resources" [] "detail" {"order" 7}}
     overrides)))

(defn scheduled
  "The event of a schedule's rule."
  ([] (scheduled {}))
  ([overrides]
   (merge-deep
     (event-bridge {"detail-type" "Scheduled Event" "source" "aws.events" "resources" [(arn "events" "rule/hello")]})
     (merge-deep {"detail" {"order" nil}} overrides))))
