(ns lumo.impl.lambda.event
  "Between JSON and the handler's values: the event in the form that the handler asks for, the context map, and the answer."
  (:require
   [clojure.string :as string]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.channels :as channels]))

;; -- the event -----------------------------------------------------------------------------------------------------------

(defn- json->clj
  "The ClojureScript value of parsed JSON; `->key` makes a map's keys from strings. A map of up to eight keys keeps their
  order."
  [x ->key]
  (cond
    (array? x)
    (let [n (alength x)
          out (make-array n)]
      (dotimes [i n] (aset out i (json->clj (aget x i) ->key)))
      (.fromArray PersistentVector out true))

    (and (some? x) (identical? "object" (goog/typeOf x)))
    (let [ks (js-keys x)
          n  (alength ks)]
      (loop [i 0 m (transient {})]
        (if (< i n)
          (let [k (aget ks i)]
            (recur (inc i) (assoc! m (->key k) (json->clj (unchecked-get x k) ->key))))
          (persistent! m))))

    :else x))

(defn- parse [text]
  (if (= "" text)
    nil
    (try
      (js/JSON.parse text)
      (catch :default e
        (throw (error/own "Runtime.UnmarshalError" (str "the event is not JSON: " (ex-message e))))))))

(defn event-reader
  "The function that turns an event's text into what the handler gets. `form` is the handler's :lambda/event metadata: nil for
  maps with string keys, :keywords, :js or :json."
  [form]
  (case form
    nil       #(json->clj (parse %) identity)
    :keywords #(json->clj (parse %) keyword)
    :js       parse
    :json     identity
    (throw (error/own "Runtime.HandlerNotFound"
             (str "the handler's metadata :lambda/event is " (pr-str form)
                  "; it takes :keywords, :js or :json, or is left out for maps with string keys")))))

;; -- the context ---------------------------------------------------------------------------------------------------------

(defn- json-or-nil
  "A header's JSON as a map with keyword keys; nil where it is absent or cannot be read, since it is the caller's, not ours."
  [text ->key]
  (when text
    (try
      (json->clj (js/JSON.parse text) ->key)
      (catch :default _ nil))))

(defn- cognito-key
  "The documented name of a key of the identity. Emulators and services have written it in more than one case."
  [k]
  (case (string/lower-case k)
    "cognitoidentityid"     :cognitoIdentityId
    "cognitoidentitypoolid" :cognitoIdentityPoolId
    (keyword k)))

(defn- env [k]
  (not-empty (unchecked-get (.-env js/process) k)))

(def ^:private static-context
  "What does not change between requests. Read once, after the snapshot is restored."
  (delay
    (into {} (filter (comp some? val))
      {:function-name    (env "AWS_LAMBDA_FUNCTION_NAME")
       :function-version (env "AWS_LAMBDA_FUNCTION_VERSION")
       :memory-limit-mb  (some-> (env "AWS_LAMBDA_FUNCTION_MEMORY_SIZE") js/parseInt)
       :log-group-name   (env "AWS_LAMBDA_LOG_GROUP_NAME")
       :log-stream-name  (env "AWS_LAMBDA_LOG_STREAM_NAME")})))

(defn context-map
  "The handler's context: what bootstrap sent with the request and what the environment says. `:remaining-ms` is a function."
  [^js sent]
  (let [deadline (.-deadlineMs sent)
        identity (json-or-nil (.-cognitoIdentity sent) cognito-key)]
    (into @static-context (filter (comp some? val))
      {:aws-request-id (.-awsRequestId sent)
       ;; The name that functions written for the first Lumo runtime know.
       :lambda-runtime-invoked-function-arn (.-invokedFunctionArn sent)
       :invoked-function-arn (.-invokedFunctionArn sent)
       :deadline-ms    deadline
       :remaining-ms   (when deadline #(- deadline (js/Date.now)))
       :trace-id       (.-traceId sent)
       :tenant-id      (.-tenantId sent)
       :client-context (json-or-nil (.-clientContext sent) keyword)
       :identity       identity})))

;; -- the answer ----------------------------------------------------------------------------------------------------------

(defn- bytes? [x]
  (instance? js/Uint8Array x))

(defn async-iterable?
  "True of a Node stream and everything else that can be iterated asynchronously."
  [x]
  (and (some? x) (fn? (unchecked-get x js/Symbol.asyncIterator))))

(defn gather
  "All chunks of an async iterable (a Node stream is one) as one buffer, by a promise."
  [iterable]
  (let [iterator (.call (unchecked-get iterable js/Symbol.asyncIterator) iterable)
        chunks   #js []
        step     (fn step []
                   (.then (.next iterator)
                     (fn [^js r]
                       (if (.-done r)
                         (.concat js/Buffer chunks)
                         (do (.push chunks (if (bytes? (.-value r)) (.-value r) (.from js/Buffer (str (.-value r)))))
                             (step))))))]
    (step)))

(defn- marshal-error [cause]
  (error/own "Runtime.MarshalError"
    (str "the handler's answer cannot be written as JSON: " (ex-message cause)
         "; return maps, vectors, strings, numbers, booleans and nil, or bytes")
    cause))

(defn- json-bytes [x]
  (let [text (try
               (js/JSON.stringify (clj->js x))
               (catch :default e (throw (marshal-error e))))]
    ;; A function or undefined has no JSON; Lambda's callers get null, as from JavaScript handlers.
    (.from js/Buffer (if (nil? text) "null" text))))

(defn later
  "A promise of what `x` stands for, where it is a promise or a channel; nil of any other value."
  [x]
  (cond
    (channels/channel? x)                               (channels/take-from! x)
    (and (some? x) (not (map? x)) (fn? (.-then ^js x))) x))

(defn answer-bytes
  "The bytes of the handler's answer, or a promise of them: bytes as they are, a stream or async iterator gathered, the first value
  of a channel, anything else as JSON."
  [x]
  (cond
    (bytes? x)            x
    (async-iterable? x)   (gather x)
    (channels/channel? x) (.then (channels/take-from! x) answer-bytes)
    :else                 (json-bytes x)))
