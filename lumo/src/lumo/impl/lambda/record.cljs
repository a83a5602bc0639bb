(ns lumo.impl.lambda.record
  "A log record of a message, data and an error: as text, or as the JSON object that AWS_LAMBDA_LOG_FORMAT=JSON asks for."
  (:require
   [clojure.string :as string]
   [lumo.impl.error :as error]))

(def ^:private util (js/require "util"))

(defn- edn
  "Data as text: EDN, or, of what cannot be printed (a JavaScript object that refers to itself), as Node shows it."
  [x]
  (try
    (pr-str x)
    (catch :default _
      (.inspect util x))))

(def ^:private lambdas-own
  "The keys of a line that Lambda gives a meaning to. Data with such a key gets an underscore behind it."
  #{"timestamp" "level" "requestId" "tenantId" "message" "errorType" "errorMessage" "errorData" "errorSource" "stackTrace"
    "cause"})

(defn- key-text [k]
  (cond
    (keyword? k) (subs (str k) 1) ; with its namespace
    (string? k)  k
    :else        (pr-str k)))

(defn- bigint? [x]
  (identical? "bigint" (goog/typeOf x)))

(defn- ->js
  "Data as JSON has it: what JSON has no form for is its EDN text. It is as deep as the data is; a JavaScript object is taken
  as it is."
  [x]
  (cond
    (or (nil? x) (string? x) (boolean? x) (number? x)) x
    (keyword? x) (key-text x)
    (map? x)     (let [o #js {}]
                   (doseq [[k v] x] (unchecked-set o (key-text k) (->js v)))
                   o)
    (coll? x)    (into-array (map ->js x))
    (instance? js/Error x) (error/->json x)
    (or (inst? x) (array? x) (object? x)) x
    (bigint? x)  (str x)
    :else        (edn x)))

(defn- bigint->text [_ v]
  (if (bigint? v) (str v) v))

(defn json
  "The record as the text of a JSON object: the message, the entries of a map as keys of its own (any other data as `data`), and
  those of an error object (error/->json), nil for none."
  [message data error-object]
  (let [o #js {:message message}]
    (cond
      (map? data)  (doseq [[k v] data]
                     (let [k (key-text k)]
                       (unchecked-set o (if (lambdas-own k) (str k "_") k) (->js v))))
      (some? data) (unchecked-set o "data" (->js data)))
    (js/Object.assign o error-object)
    (try
      (js/JSON.stringify o bigint->text)
      ;; A JavaScript object that refers to itself, or throws when it is read: a log line is no reason to fail.
      (catch :default _
        (js/JSON.stringify (js/Object.assign #js {:message message :data (edn data)} error-object))))))

(defn text
  "The record as text: the message, the data as EDN, and below it the error in full."
  [message data e]
  (string/join "\n"
    (cond-> [(cond-> message (some? data) (str " " (edn data)))]
      (some? e) (conj (error/text e)))))
