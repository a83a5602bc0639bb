(ns lumo.lambda.log
  "Log lines with data:

      (log/info \"order placed\" {:order 7 :total 12.5})
      (log/error \"no such order\" {:order 7} e)

  A line is a message, then a map and an error, both optional. In text it is the message, the map as EDN, and the error in
  full; with AWS_LAMBDA_LOG_FORMAT=JSON one object, with the map's keys beside Lambda's own (one of the same name gets an
  underscore behind it) and the error as errorType, errorMessage and stackTrace. AWS_LAMBDA_LOG_LEVEL filters: a line below
  it costs a comparison, and its data is not looked at."
  (:require
   [lumo.impl.lambda.log :as impl]))

(defn enabled?
  "True where a line of `level` (:trace :debug :info :warn :error :fatal) is logged."
  [level]
  (impl/enabled? (name level)))

(defn- write! [level message data e]
  (if (and (nil? e) (instance? js/Error data))
    (impl/record! level (str message) nil data)
    (impl/record! level (str message) data e)))

(defn trace
  "Logs at TRACE. `data` is a map, or an error; `e` an error."
  ([message] (trace message nil nil))
  ([message data] (trace message data nil))
  ([message data e] (write! "trace" message data e)))

(defn debug
  "Logs at DEBUG. `data` is a map, or an error; `e` an error."
  ([message] (debug message nil nil))
  ([message data] (debug message data nil))
  ([message data e] (write! "debug" message data e)))

(defn info
  "Logs at INFO. `data` is a map, or an error; `e` an error."
  ([message] (info message nil nil))
  ([message data] (info message data nil))
  ([message data e] (write! "info" message data e)))

(defn warn
  "Logs at WARN. `data` is a map, or an error; `e` an error."
  ([message] (warn message nil nil))
  ([message data] (warn message data nil))
  ([message data e] (write! "warn" message data e)))

(defn error
  "Logs at ERROR. `data` is a map, or an error; `e` an error."
  ([message] (error message nil nil))
  ([message data] (error message data nil))
  ([message data e] (write! "error" message data e)))

(defn fatal
  "Logs at FATAL, which no level filters. `data` is a map, or an error; `e` an error."
  ([message] (fatal message nil nil))
  ([message data] (fatal message data nil))
  ([message data e] (write! "fatal" message data e)))
