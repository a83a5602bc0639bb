(ns lumo.impl.lambda.log
  "Everything a function prints, as Log frames that carry the request they belong to.

  println, console.*, process.stdout and process.stderr come here. What is written straight to descriptor 1 or 2, by native
  code or a child process, reaches bootstrap through the stderr pipe instead. Which request a line belongs to follows the
  asynchronous context, so a timer that an earlier invocation left behind is never taken for the current one's."
  (:require
   [clojure.string :as string]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.record :as record]))

(def ^:private async-hooks (js/require "async_hooks"))
(def ^:private util (js/require "util"))

(def ^:private levels #js {:trace 1 :debug 2 :info 3 :warn 4 :error 5 :fatal 6})

(def ^:private max-text
  "Characters of one log record; a longer text goes out as several. CloudWatch takes up to 1 MiB a record."
  (* 256 1024))

(defonce ^:private state
  ;; :channel  where frames go
  ;; :storage  AsyncLocalStorage of the request's js object
  ;; :lowest   the code of the lowest level that is logged
  ;; :json?    records are JSON objects
  (atom nil))

(defn enabled?
  "True where what is logged at `level` is not filtered away by AWS_LAMBDA_LOG_LEVEL."
  [level]
  (>= (unchecked-get levels level) (:lowest @state 1)))

(defn- metrics?
  "True for metrics in CloudWatch's embedded format, which the level does not filter."
  [text]
  (string/starts-with? text "{\"_aws\":"))

(defn in-request
  "Calls `f` as work of `request`, a js object with `.number`: its logs, also of what it starts, carry that number."
  [request f]
  (.run ^js (:storage @state) request f))

(defn current-request
  "The request whose work is being done, or nil outside any."
  []
  (some-> ^js (:storage @state) .getStore))

(defn- current-number []
  (if-let [r (current-request)] (.-number ^js r) 0))

(defn- send!
  "Sends one record; outside a function, as in its tests, it is a line on stderr."
  [request-number level text]
  (if-let [^js channel (:channel @state)]
    (.send channel (js/$lumo.frame.log request-number (unchecked-get levels level) text))
    (binding [*print-fn* *print-err-fn*]
      (println (string/upper-case level) text))))

(defn log!
  "Writes one record at `level`, a string of trace debug info warn error fatal, for the current request or the one given."
  ([level text] (log! level text (current-number)))
  ([level text request-number]
   (when (or (enabled? level) (metrics? text))
     (loop [at 0]
       (send! request-number level (subs text at (min (count text) (+ at max-text))))
       (when (< (+ at max-text) (count text))
         (recur (+ at max-text)))))))

(defn- write!
  "Writes what `json` gives, the text of an object, or, where the log is text, what `text` gives."
  [level request-number json text]
  (when (enabled? level)
    (let [object (when (:json? @state) (json))]
      ;; What is too long for a line cannot be one JSON object; it goes as text, cut.
      (if (and object (< (count object) max-text))
        (.send ^js (:channel @state) (js/$lumo.frame.log request-number (unchecked-get levels level) object true))
        (log! level (text) request-number)))))

(defn record!
  "Writes one record of a message, data (any value, nil for none) and an error (nil for none)."
  ([level message data e] (record! level message data e (current-number)))
  ([level message data e request-number]
   (write! level request-number
     #(record/json message data (when (some? e) (error/->json (error/unwrap e))))
     #(record/text message data e))))

(defn error!
  "Writes the error that a request, or the process, has ended in; `type` stands for the error's own."
  [level e type request-number]
  (write! level request-number
    #(let [object (error/->json e type)]
       (record/json (str type ": " (.-errorMessage object)) nil object))
    #(error/text e type)))

;; A println arrives as its text and, separately, its line end; a record is what stands before a line end.

(def ^:private no-request #js {:number 0})

(defn- printer [level pending-key]
  (fn [s]
    (let [request (or (current-request) no-request)
          text    (str (or (unchecked-get request pending-key) "") s)
          end     (string/last-index-of text "\n")]
      (if end
        (do (unchecked-set request pending-key (subs text (inc end)))
            (log! level (subs text 0 end) (.-number ^js request)))
        (unchecked-set request pending-key text)))))

(defn flush!
  "Writes what a request printed without a line end."
  [request]
  (doseq [[pending-key level] [["pendingOut" "info"] ["pendingErr" "error"]]]
    (let [text (unchecked-get request pending-key)]
      (when (seq text)
        (unchecked-set request pending-key "")
        (log! level text (.-number ^js request))))))

;; -- consoles and taps ---------------------------------------------------------------------------------------------------------

(defn- console
  "A method of the console: its arguments as Node formats them. In JSON the first error among them has fields of its own."
  [level]
  (fn [& args]
    (when (or (enabled? level) (some-> (first args) str metrics?))
      (let [text (.apply (.-format util) nil (into-array args))
            e    (when (:json? @state) (some #(when (instance? js/Error %) %) args))]
        (if e
          (record! level text nil e)
          (log! level text))))))

(defn- pretty
  "A value as text for people. A packaged function that does not use cljs.pprint has none: then it is on one line."
  [x]
  (if-let [pprint (js/goog.getObjectByName "cljs.pprint.pprint")]
    (with-out-str (pprint x))
    (pr-str x)))

(defn- tapped
  "What `tap>` is given, pretty-printed, at DEBUG."
  [x]
  (when (enabled? "debug")
    (let [text (string/trim-newline (pretty x))]
      (if (:json? @state)
        (record! "debug" text {:tap x} nil)
        (log! "debug" text)))))

(defn- route-taps!
  "Logs what is tapped, at once: cljs.core would have it wait for a timer, which may be after the answer."
  []
  (set! *exec-tap-fn* (fn [f] (f) true))
  (add-tap tapped))

(defn- env [k]
  (string/lower-case (or (unchecked-get (.-env js/process) k) "")))

(defn install!
  "Sends all printing to `channel` from now on."
  [channel]
  (reset! state {:channel channel
                 :storage (async-hooks.AsyncLocalStorage.)
                 :lowest  (or (unchecked-get levels (env "AWS_LAMBDA_LOG_LEVEL")) 1)
                 :json?   (or (= "json" (env "AWS_LAMBDA_LOG_FORMAT"))
                            (some? (not-empty (env "AWS_LAMBDA_MAX_CONCURRENCY"))))}) ; as bootstrap decides
  (route-taps!)
  (let [out (printer "info" "pendingOut")
        err (printer "error" "pendingErr")]
    (set-print-fn! out)
    (set-print-err-fn! err)
    (js/$lumo.streams.route "stdout" out)
    (js/$lumo.streams.route "stderr" err))
  (doseq [[method level] {"log" "info", "info" "info", "debug" "debug", "trace" "trace", "warn" "warn", "error" "error"}]
    (unchecked-set js/console method (console level))))
