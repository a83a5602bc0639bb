(ns lumo.impl.lambda.log
  "Everything a function prints, as Log frames that carry the request they belong to.

  println, console.*, process.stdout and process.stderr come here. What is written straight to descriptor 1 or 2, by native
  code or a child process, reaches bootstrap through the stderr pipe instead. Which request a line belongs to follows the
  asynchronous context, so a timer that an earlier invocation left behind is never taken for the current one's."
  (:require
   [clojure.string :as string]))

(def ^:private async-hooks (js/require "async_hooks"))
(def ^:private util (js/require "util"))

(def ^:private levels #js {:trace 1 :debug 2 :info 3 :warn 4 :error 5 :fatal 6})

(def ^:private max-text
  "Characters of one log record; a longer text goes out as several. CloudWatch takes up to 1 MiB a record."
  (* 256 1024))

(defonce ^:private state
  ;; :channel  where frames go
  ;; :storage  AsyncLocalStorage of the request's js object
  (atom nil))

(defn in-request
  "Calls `f` as work of `request`, a js object with `.number`: its logs, also of what it starts, carry that number."
  [request f]
  (.run ^js (:storage @state) request f))

(defn current-request
  "The request whose work is being done, or nil outside any."
  []
  (some-> ^js (:storage @state) .getStore))

(defn- send! [request-number level text]
  (.send ^js (:channel @state) (js/$lumo.frame.log request-number level text)))

(defn log!
  "Writes one record at `level`, a string of trace debug info warn error fatal, for the current request or the one given."
  ([level text] (log! level text (if-let [r (current-request)] (.-number ^js r) 0)))
  ([level text request-number]
   (let [code (unchecked-get levels level)]
     (loop [at 0]
       (send! request-number code (subs text at (min (count text) (+ at max-text))))
       (when (< (+ at max-text) (count text))
         (recur (+ at max-text)))))))

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

(defn install!
  "Sends all printing to `channel` from now on."
  [channel]
  (reset! state {:channel channel :storage (async-hooks.AsyncLocalStorage.)})
  (let [out (printer "info" "pendingOut")
        err (printer "error" "pendingErr")]
    (set-print-fn! out)
    (set-print-err-fn! err)
    (js/$lumo.streams.route "stdout" out)
    (js/$lumo.streams.route "stderr" err))
  (doseq [[method level] {"log" "info", "info" "info", "debug" "debug", "trace" "trace", "warn" "warn", "error" "error"}]
    (unchecked-set js/console method
      (fn [& args] (log! level (.apply (.-format util) nil (into-array args)))))))
