(ns lumo.impl.lambda.handler
  "From the text of _HANDLER, `my-app.core/handler`, to a function: its class path, and how it wants to be called. Its namespace
  is loaded by lumo.impl.lambda.load, from source, or by lumo.impl.lambda.packaged."
  (:require
   [clojure.string :as string]
   [lumo.impl.error :as error]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defn- fail [type message]
  (throw (error/own type message)))

;; -- the class path --------------------------------------------------------------------------------------------------------

(defn- jars-in [folder]
  (->> (try
         (.readdirSync fs folder)
         ;; Most functions have no lib/ folder.
         (catch :default _ #js []))
       (filter #(string/ends-with? % ".jar"))
       sort
       (map #(.join node-path folder %))))

(defn class-path
  "The class path of a function: its root, its src, the JARs of its lib, then the same of the layers."
  [task-root layer-root]
  (let [in #(.join node-path %1 %2)]
    (concat [task-root (in task-root "src")]
            (jars-in (in task-root "lib"))
            [layer-root]
            (jars-in (in layer-root "lib")))))

;; -- finding the function ----------------------------------------------------------------------------------------------------

(defn parse-name
  "`my-app.core/handler` as a qualified symbol."
  [text]
  (let [[_ ns-name fn-name] (re-matches #"([^/\s]+)/([^/\s]+)" text)]
    (if ns-name
      (symbol ns-name fn-name)
      (fail "Runtime.MalformedHandlerName"
        (str "the handler is set to " (pr-str text) "; write it as namespace/function, such as my-app.core/handler")))))

(defn- takes?
  "True where `f` can be called with `n` arguments. What is no function but can be called, such as a multimethod, takes one."
  [f n]
  (cond
    (not (fn? f)) (= 1 n)
    (some? (.-cljs$lang$maxFixedArity f))
    (or (some? (unchecked-get f (str "cljs$core$IFn$_invoke$arity$" n)))
        (and (some? (.-cljs$core$IFn$_invoke$arity$variadic f))
             (<= (.-cljs$lang$maxFixedArity f) n)))
    (= 1 n) (<= (.-length f) 1) ; one that takes none ignores it
    :else (= n (.-length f))))

(defn- caller
  "The function [event context out] that calls `f` as it takes its arguments; `out` is nil where the answer is not streamed."
  [f]
  (cond
    (takes? f 1) (fn [event context out]
                   (f (cond-> {:event event :context context} out (assoc :out out))))
    (takes? f 3) (fn [event context out] (if out (f event context out) (f event context)))
    :else        (fn [event context _] (f event context))))

(defn- current-caller
  "As `caller`, of the function that `value` gives when it is called: what a REPL redefines is what answers next."
  [value]
  (let [current (volatile! nil)]
    (fn [event context out]
      (let [f (value)]
        (when-not (identical? f (first @current))
          (vreset! current [f (caller f)]))
        ((second @current) event context out)))))

(defn- response-form [response]
  (when-not (contains? #{nil :stream} response)
    (fail "Runtime.HandlerNotFound"
      (str "the handler's metadata :lambda/response is " (pr-str response)
           "; it takes :stream, or is left out for an answer that is sent as a whole")))
  response)

(defn handler
  "The handler `sym`, whose current value the function `value` gives, as what is called: `{:call (fn [event context] or [event context
  out]), :event form, :response form}`. The forms are those of the :lambda/event and :lambda/response metadata. Throws an error of
  lumo's own where it cannot be one."
  [sym value {:lambda/keys [event response]}]
  (when-not (ifn? (value))
    (fail "Runtime.HandlerNotFound" (str sym " is not a function but " (pr-str (value)))))
  (let [call (current-caller value)]
    {:call     (fn ([event context] (call event context nil)) ([event context out] (call event context out)))
     :event    event
     :response (response-form response)}))
