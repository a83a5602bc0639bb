(ns lumo.lambda.ring
  "A Ring handler as a Lambda handler:

      (defn app [request] {:status 200 :headers {\"content-type\" \"text/plain\"} :body (:uri request)})
      (def handler (ring/handler app))

  It takes the events of API Gateway (REST and HTTP API), function URLs and Application Load Balancers, and answers each in
  its own form. The request has Ring's keys, and :lambda/event and :lambda/context; :body is a string, nil where there is
  none, or a Buffer where the content type is not of text. The response is a map, or a promise or a
  core.async channel of one; its :body is a string, bytes, a sequence of strings, a Node stream, or nil, and a header's value a
  string or a collection of them."
  (:require
   [clojure.string :as string]
   [lumo.impl.lambda.event :as event]))

;; -- the request -----------------------------------------------------------------------------------------------------------

(defn- form
  "Which of the four kinds of event it is."
  [event]
  (let [context (get event "requestContext")]
    (cond
      (get context "elb")            :alb
      (get context "http")           :v2 ; HTTP API and function URL
      (and context (get event "httpMethod")) :v1
      :else
      (throw (ex-info "the event is not a request of API Gateway, a function URL or a load balancer" {:keys (keys event)})))))

(defn- lower-names [headers]
  (into {} (map (fn [[k v]] [(string/lower-case k) v])) headers))

(defn- joined
  "Ring has one string a header: several values are joined as HTTP joins them, cookies by semicolons."
  [headers]
  (into {}
    (map (fn [[k vs]] [k (string/join (if (= k "cookie") "; " ",") vs)]))
    (lower-names headers)))

(defn- request-headers [event]
  (let [single   (lower-names (get event "headers"))
        multiple (joined (get event "multiValueHeaders"))
        cookies  (get event "cookies")]
    (cond-> (merge single multiple)
      (seq cookies) (assoc "cookie" (string/join "; " cookies)))))

(defn- encoded-query
  "A query string of decoded parameters, which is what a REST API sends."
  [event encode]
  (let [pairs (if-let [multiple (get event "multiValueQueryStringParameters")]
                (for [[k vs] multiple, v vs] [k v])
                (get event "queryStringParameters"))]
    (not-empty (string/join "&" (map (fn [[k v]] (str (encode k) "=" (encode v))) pairs)))))

(defn- query-string [kind event]
  (case kind
    :v2  (not-empty (get event "rawQueryString"))
    :v1  (encoded-query event js/encodeURIComponent)
    :alb (encoded-query event identity))) ; a load balancer passes them as they came

(def ^:private text-type #"^\s*(text/|application/(json|xml|javascript|x-www-form-urlencoded|graphql|[^;]*\+(json|xml)))")

(defn- text?
  "True for the content types that are text; so is a body without one."
  [content-type]
  (or (nil? content-type) (some? (re-find text-type (string/lower-case content-type)))))

(defn- body [event headers]
  (when-some [text (get event "body")]
    (if (get event "isBase64Encoded")
      (let [bytes (.from js/Buffer text "base64")]
        (if (text? (get headers "content-type")) (.toString bytes "utf8") bytes))
      text)))

(defn- source-ip [kind event headers]
  (case kind
    :v2  (get-in event ["requestContext" "http" "sourceIp"])
    :v1  (get-in event ["requestContext" "identity" "sourceIp"])
    ;; The last address is the one that the load balancer saw itself.
    :alb (some-> (get headers "x-forwarded-for") (string/split #",") last string/trim)))

(defn request
  "Ring's request map of an event, whose keys are strings. `context` is the handler's."
  [event context]
  (let [kind    (form event)
        headers (request-headers event)
        method  (if (= kind :v2) (get-in event ["requestContext" "http" "method"]) (get event "httpMethod"))
        port    (get headers "x-forwarded-port")]
    {:request-method (keyword (string/lower-case method))
     :uri            (or (if (= kind :v2) (get event "rawPath") (get event "path")) "/")
     :query-string   (query-string kind event)
     :headers        headers
     :body           (body event headers)
     :scheme         (keyword (get headers "x-forwarded-proto" "https"))
     :server-name    (or (some-> (get headers "host") (string/replace #":\d+$" ""))
                         (get-in event ["requestContext" "domainName"]))
     :server-port    (if port (js/parseInt port) 443)
     :remote-addr    (source-ip kind event headers)
     :protocol       (or (get-in event ["requestContext" "http" "protocol"])
                         (get-in event ["requestContext" "protocol"])
                         "HTTP/1.1")
     :lambda/event   event
     :lambda/context context}))

;; -- the response ----------------------------------------------------------------------------------------------------------

(defn- values [v]
  (if (coll? v) (map str v) [(str v)]))

(defn- response-headers
  "Name -> its values, names in lower case."
  [headers]
  (reduce (fn [m [k v]]
            (if (some? v)
              (update m (string/lower-case (if (keyword? k) (name k) (str k))) (fnil into []) (values v))
              m))
    {} headers))

(defn- encoded-body
  "`{\"body\" \"isBase64Encoded\"}`, or a promise of it."
  [body]
  (cond
    (nil? body)    {"body" "" "isBase64Encoded" false}
    (string? body) {"body" body "isBase64Encoded" false}
    (instance? js/Uint8Array body)
    {"body"            (.toString (.from js/Buffer (.-buffer body) (.-byteOffset body) (.-byteLength body)) "base64")
     "isBase64Encoded" true}
    (sequential? body)            (encoded-body (apply str body))
    (event/async-iterable? body)  (.then (event/gather body) encoded-body)
    :else
    (throw (ex-info "a response's :body is a string, bytes, a sequence of strings, a stream or nil" {:body body}))))

(defn- cookie-name
  "The i-th way to write set-cookie: the names differ in case alone, which HTTP ignores."
  [i]
  (let [letters (map-indexed #(if (bit-test i %1) (string/upper-case %2) %2) "setcookie")]
    (apply str (concat (take 3 letters) ["-"] (drop 3 letters)))))

(defn- in-single-headers
  "What has one value a header. Cookies cannot be joined, so each has a name of its own."
  [headers]
  (into {}
    (mapcat (fn [[k vs]]
              (if (= k "set-cookie")
                (map-indexed (fn [i v] [(cookie-name i) v]) vs)
                [[k (string/join "," vs)]])))
    headers))

(defn- answer [kind event {:keys [status headers]} encoded]
  (let [headers (response-headers headers)
        status  (or status 200)
        answer  (assoc encoded "statusCode" status)]
    (case kind
      :v2  (cond-> (assoc answer "headers" (in-single-headers (dissoc headers "set-cookie")))
             (get headers "set-cookie") (assoc "cookies" (get headers "set-cookie")))
      :v1  (assoc answer "multiValueHeaders" headers)
      :alb (cond-> (assoc answer "statusDescription" (str status " " (or (unchecked-get (.-STATUS_CODES (js/require "http")) status) "")))
             (contains? event "multiValueHeaders")       (assoc "multiValueHeaders" headers)
             (not (contains? event "multiValueHeaders")) (assoc "headers" (in-single-headers headers))))))

(defn response
  "What Lambda is answered for Ring's `response` to `event`, or a promise of it where the body is a stream."
  [response event]
  (when-not (map? response)
    (throw (ex-info "a Ring handler returns a map with :status, :headers and :body" {:response response})))
  (let [kind    (form event)
        encoded (encoded-body (:body response))]
    (if (map? encoded)
      (answer kind event response encoded)
      (.then encoded #(answer kind event response %)))))

(defn handler
  "A Lambda handler of a Ring handler, which returns a response, or a promise or a channel of one."
  [app]
  (fn [{:keys [event context]}]
    (let [result (app (request event context))]
      (if-let [promised (event/later result)]
        (.then promised #(response % event))
        (response result event)))))
