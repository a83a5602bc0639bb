(ns lumo.impl.lambda
  "The child that bootstrap keeps: loads the handler, then turns each Invoke into exactly one Result, Fault, or Begin with Chunks and their End.

  A request is open from its Invoke to its Result, End or Fault; whatever happens first closes it, and everything later about it is
  logged and goes nowhere. What ends the process (an uncaught exception, process.exit, an event loop with nothing left to do)
  first closes the open requests with a Fault that says so."
  (:require
   [lumo.core :as lumo]
   [lumo.impl.error :as error]
   [lumo.impl.keep :as keep]
   [lumo.impl.lambda.event :as event]
   [lumo.impl.lambda.log :as log]
   [lumo.impl.lambda.source :as source]
   [lumo.impl.lambda.where :as where]
   [lumo.impl.script :as script]))

(defonce ^:private channel (atom nil))

(defonce ^:private open-requests
  ;; JS Map of request number -> the request, #js {:number, :answer (where it streams), :cancelled}
  (js/Map.))

(defonce ^:private stopping
  ;; The status to exit with when nothing is in flight any more; nil: it goes on.
  (atom nil))

(defn- send! [buffers]
  (.send ^js @channel buffers))

;; -- the end of the process ----------------------------------------------------------------------------------------------------

(defonce ^:private shutdown-hooks (atom []))

(defn on-shutdown!
  "Has `f` called, without arguments, when the process is asked to end and nothing is in flight; it may return a promise."
  [f]
  (swap! shutdown-hooks conj f)
  nil)

(defn- listens?
  "True where the function listens for SIGTERM itself, as on the managed Node runtimes."
  []
  (pos? (.listenerCount js/process "SIGTERM")))

(defn- asks-for-the-end?
  "True where the function has something to do before the sandbox is shut down."
  []
  (or (pos? (count @shutdown-hooks)) (listens?)))

(defn- call-hooks!
  "Calls the hooks, the newest first; a promise that is fulfilled when theirs are settled. One that fails is logged."
  []
  (let [failed #(log/record! "error" "a shutdown hook failed" nil % 0)
        call   (fn [hook]
                 (.catch (js/Promise. (fn [resolve _] (resolve (hook)))) failed))]
    (js/Promise.all (into-array (map call (reverse (first (reset-vals! shutdown-hooks []))))))))

(defn- end!
  "Ends the process when the hooks are done, and the function's own SIGTERM listeners have nothing left to do. bootstrap's
  patience ends before Lambda's."
  []
  (.then (call-hooks!)
    (fn []
      (if (and (zero? @stopping) (listens?))
        (do (.working ^js @channel true)
            (.emit js/process "SIGTERM" "SIGTERM" 15))
        (.exit js/process @stopping)))))

;; -- the end of a request ------------------------------------------------------------------------------------------------------

(defn- keep-compiled!
  "Writes to the compile cache what init has compiled, a namespace at a time, when nothing else is to be done."
  []
  (when (keep/waiting?)
    (js/setImmediate
      (fn []
        (keep/write-next!)
        (keep-compiled!)))))

(defn- close!
  "Takes the request off the open ones and calls `send`; true where it was still open."
  [^js request send]
  (when (.delete open-requests (.-number request))
    (log/flush! request)
    (send)
    (some-> ^js (.-answer request) .destroy)
    (when (zero? (.-size open-requests))
      (if @stopping
        (end!)
        (do (.working ^js @channel false)
            (keep-compiled!))))
    true))

(defn- stop!
  "Ends the process with `status` as soon as what is in flight is answered."
  [status]
  (compare-and-set! stopping nil status)
  (when (zero? (.-size open-requests))
    (end!)))

(defn- fault!
  "Ends the request with an error, which is logged first; `type` stands for the error's own type, where that is given."
  ([request e] (fault! request e (error/error-type e)))
  ([^js request e type]
   (when-not (close! request
               (fn []
                 (log/error! "error" e type (.-number request))
                 (send! (js/$lumo.frame.fault (.-number request) type (js/JSON.stringify (error/->json e type))))))
     (when-not (.-cancelled request) ; then errors are expected, and bootstrap has said why
       (log/record! "warn" "an error after the request was answered" nil e (.-number request))))))

(defn- result! [^js request bytes]
  (if (> (.-length bytes) js/$lumo.maxAnswer)
    (fault! request
      (error/own "Function.ResponseSizeTooLarge"
        (str "the answer is " (.-length bytes) " bytes long; Lambda takes at most " js/$lumo.maxAnswer
             " (6 MiB). Put large results into S3 and return a link")))
    (when-not (close! request #(send! (js/$lumo.frame.result (.-number request) bytes)))
      (log/log! "warn" "an answer after the request had ended is dropped" (.-number request)))))

(defn- cancel!
  "Nobody waits for the request any more."
  [number]
  (when-let [^js request (.get open-requests number)]
    (set! (.-cancelled request) true)
    (close! request #(send! (js/$lumo.frame.fault number "Runtime.Cancelled" "{}")))))

;; -- a request -----------------------------------------------------------------------------------------------------------------

(defn- concurrent?
  "True where requests overlap, so that nothing of one may be in the environment."
  []
  (< 1 (js/parseInt (unchecked-get (.-env js/process) "AWS_LAMBDA_MAX_CONCURRENCY"))))

(defn- set-trace-id! [trace-id]
  (if trace-id
    (unchecked-set (.-env js/process) "_X_AMZN_TRACE_ID" trace-id)
    (js-delete (.-env js/process) "_X_AMZN_TRACE_ID")))

(defn- answer!
  "Sees the handler's value, or its promise, to the answer of the request."
  [request value]
  (-> (js/Promise.resolve value)
      (.then event/answer-bytes)
      (.then #(result! request %))))

(defn- stream!
  "Calls the handler with the way out of its answer, and sees what it returns to the end of that."
  [^js request call]
  (let [out (js/$lumo.answer.Answer. @channel (.-number request))]
    (set! (.-answer request) out)
    (.on out "error" #(fault! request %))
    (-> (js/Promise. (fn [resolve] (resolve (call out))))
        (.then #(source/pour! % out))
        (.then #(source/end! out))
        (.then (fn []
                 (close! request
                   (fn []
                     (.begin out)
                     (send! (js/$lumo.frame.end (.-number request))))))))))

(defn- grant! [number bytes]
  (when-let [^js request (.get open-requests number)]
    (log/in-request request #(some-> ^js (.-answer request) (.grant bytes)))))

(defn- handle! [request {:keys [call read-event response]} ^js message]
  (let [failed #(fault! request %)]
    (try
      (let [context (js/JSON.parse (.toString (.-context message) "utf8"))
            event   (read-event (.toString (.-event message) "utf8"))]
        (when-not (concurrent?)
          (set-trace-id! (.-traceId context)))
        (set! (.-context ^js request) (event/context-map context))
        (-> (if (= :stream response)
              (stream! request #(call event (.-context ^js request) %))
              (answer! request (call event (.-context ^js request))))
            (.catch failed)))
      (catch :default e
        (failed e)))))

(defn- serve!
  "Handles the request, or answers with why there is no handler."
  [request handler message]
  (when-let [current (try
                       (handler)
                       (catch :default e
                         (fault! request e (error/load-error-type e))
                         nil))]
    (handle! request current message)))

(defn- invoke! [handler ^js message]
  (let [request #js {:number (.-request message)}]
    (.set open-requests (.-number request) request)
    (.working ^js @channel true)
    (log/in-request request #(serve! request handler message))))

;; -- the end of the process ----------------------------------------------------------------------------------------------------

(defn- fault-all! [e type]
  (doseq [request (vec (es6-iterator-seq (.values open-requests)))]
    (fault! request e type)))

(defn- answered? [^js request]
  (not (.has open-requests (.-number request))))

(defn- outside!
  "An error outside any handler's own promise is the fault of the request whose work threw it; of all open ones where that
  cannot be told. The process then ends with `status`, since nobody knows what the error has left undone. Where the work is of
  a request that was answered before, that request's log has the error, and those in flight are answered first."
  [e type status]
  (let [^js request (log/current-request)]
    (cond
      (nil? request)      (do (if (zero? (.-size open-requests))
                                (log/error! "fatal" e type 0)
                                (fault-all! e type))
                              (.exit js/process status))
      (answered? request) (do (log/error! "error" e type (.-number request))
                              (stop! status))
      :else               (do (fault! request e type)
                              (.exit js/process status)))))

(defn- exited!
  "Answers what is in flight when the program calls process.exit."
  [status]
  (let [^js request (log/current-request)
        left?       (and request (answered? request))
        call        (str "process.exit(" status ") was called ")]
    (when left?
      (log/log! "error" (str call "by work that was left when the request was answered") (.-number request)))
    ;; The error's stack shows who called.
    (fault-all! (js/Error. (str call (if left? "by work that an earlier request had left" "while the request was being handled")))
      "Runtime.ExitError")))

(defn- watch-the-end! []
  (doto js/process
    (.on "uncaughtException"
      (fn [e origin]
        ;; The statuses are those of the managed Node runtime.
        (if (= origin "unhandledRejection")
          (outside! e "Runtime.UnhandledPromiseRejection" 128)
          (outside! e "Runtime.UncaughtException" 129))))
    (.on "beforeExit"
      (fn [_]
        (fault-all!
          (error/own "Runtime.NodeJsExit"
            (str "the handler's promise was never settled: nothing is left that could settle it"
                 " (no timer, no connection, no file)"))
          "Runtime.NodeJsExit")))
    (.on "exit"
      (fn [status]
        (when (pos? (.-size open-requests))
          (exited! status))))))

;; -- the start ---------------------------------------------------------------------------------------------------------------------

(defn- init-fault!
  "Tells bootstrap, which logs it, why the handler could not be loaded, and ends the process."
  [e]
  (let [e    (error/unwrap e)
        type (error/load-error-type e)]
    (send! (js/$lumo.frame.fault 0 type (js/JSON.stringify (error/->json e type))))
    (.exit js/process 1)))

(defn- env [k default]
  (or (not-empty (unchecked-get (.-env js/process) k)) default))

(defn- restore-node-options!
  "bootstrap adds the heap limit to NODE_OPTIONS; what the function's own environment had comes back for its children."
  []
  (if-let [own (unchecked-get (.-env js/process) "LUMO_NODE_OPTIONS")]
    (unchecked-set (.-env js/process) "NODE_OPTIONS" own)
    (js-delete (.-env js/process) "NODE_OPTIONS"))
  (js-delete (.-env js/process) "LUMO_NODE_OPTIONS"))

(defn- ready!
  "Says so, and where the time went: `began` and `loaded` are when the process came to its own code and when the handler was loaded."
  [handler-name began loaded]
  (let [{:keys [lumo clojurescript node]} (lumo/version)
        load-ms (- loaded began)]
    (send! (js/$lumo.frame.ready
             #js {:pid (.-pid js/process) :lumo lumo :clojurescript clojurescript :node node :handler handler-name
                  :shutdown (asks-for-the-end?)
                  :startMs began :loadMs load-ms :compileMs (max 0 (- load-ms (script/running-time)))}))))

(defn places
  "Where the function and the layers are."
  []
  {:task-root  (env "LAMBDA_TASK_ROOT" (.cwd js/process))
   :layer-root (env "LUMO_OPT" "/opt")})

(defn served
  "A handler as lumo.impl.lambda.handler/handler makes it, with what reads its events."
  [handler]
  (assoc handler :read-event (event/event-reader (:event handler))))

(defn start!
  "Serves the handler named `handler-name` until stdin ends or bootstrap sends Stop. `load!` loads it, given the places that it is
  looked for in, and returns a function that gives it, as `served` makes it, to each invocation. `beside!` is called when it is
  loaded."
  [handler-name load! beside!]
  (reset! channel (js/$lumo.child.Channel. (js/$lumo.child.claim)))
  (log/install! @channel)
  (restore-node-options!)
  (where/install!)
  (let [began   (js/performance.now)
        handler (try
                  (load! handler-name (places))
                  (catch :default e (init-fault! e)))
        _       (beside!)
        loaded  (js/performance.now)]
    (watch-the-end!)
    ;; bootstrap asks for the first event while the listening is set up.
    (ready! handler-name began loaded)
    (.listen ^js @channel
      (fn [^js message]
        (condp = (.-type message)
          js/$lumo.frame.Type.Invoke (invoke! handler message)
          js/$lumo.frame.Type.Credit (grant! (.-request message) (.-bytes message))
          js/$lumo.frame.Type.Cancel (cancel! (.-request message))
          js/$lumo.frame.Type.Stop   (stop! 0)))
      #(.exit js/process 0))))
