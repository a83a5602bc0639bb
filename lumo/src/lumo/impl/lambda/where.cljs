(ns lumo.impl.lambda.where
  "What a request that missed its deadline was doing: bootstrap asks with the expression `$lumo.where()`, which Node's
  inspector evaluates between two steps of whatever runs, so with that on the stack."
  (:require
   [lumo.impl.error :as error]
   [lumo.impl.stack :as stack]))

(def ^:private resources
  "What Node calls the resources that keep it alive, as people know them."
  {"Timeout"             "timer"
   "Immediate"           "immediate"
   "TCPSocketWrap"       "TCP connection"
   "TCPServerWrap"       "TCP server"
   "TCPConnectWrap"      "connection attempt"
   "TLSWrap"             "TLS connection"
   "TTYWrap"             "terminal"
   "PipeWrap"            "pipe"
   "UDPWrap"             "UDP socket"
   "GetAddrInfoReqWrap"  "look-up of a host name"
   "GetNameInfoReqWrap"  "look-up of a host name"
   "QueryReqWrap"        "DNS query"
   "ProcessWrap"         "child process"
   "FSReqCallback"       "file operation"
   "FSReqPromise"        "file operation"
   "FSEventWrap"         "file watcher"
   "StatWatcher"         "file watcher"
   "Zlib"                "compression"
   "MessagePort"         "message port"
   "Worker"              "worker thread"})

(defn- counted [[thing n]]
  (cond
    (= 1 n)                         (str "1 " thing)
    (re-find #"look-up of" thing)   (str n " look-ups of host names")
    (= thing "child process")       (str n " child processes")
    (= thing "DNS query")           (str n " DNS queries")
    :else                           (str n " " thing "s")))

(defn waiting
  "What is still to come in this process, as texts: `2 timers`, `1 TCP connection`."
  [names]
  (->> names (map #(get resources % %)) frequencies (sort-by key) (mapv counted)))

(defn where
  "What is running now, as JSON text: `stack`, the program's functions, innermost first, `source`, the line of the innermost, and
  `waiting`, what is to come yet."
  []
  (let [limit (.-stackTraceLimit js/Error)
        e     (do (set! (.-stackTraceLimit js/Error) 100)
                  (js/Error.))
        lines (stack/lines e)]
    (set! (.-stackTraceLimit js/Error) limit)
    (js/JSON.stringify
      #js {:stack   (into-array lines)
           :source  (into-array (error/source-lines e))
           :waiting (into-array (waiting (.getActiveResourcesInfo js/process)))})))

(defn install!
  "Makes `$lumo.where` answer."
  []
  (set! (.-where js/$lumo) where))
