(ns lumo.impl.lambda.handler
  "From the text of _HANDLER, `my-app.core/handler`, to a function: its class path, its namespace, its var, and how it wants to
  be called."
  (:require
   [clojure.string :as string]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.npm :as npm]
   [lumo.impl.text :as text]))

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

(defn- caches
  "The compile caches of a function: its own and that of the layers, and one for what it compiles itself, so that a lumo that takes
  this one's place, or a restored one's, need not. That is written when there is time (lumo.impl.keep)."
  [task-root layer-root]
  (let [in #(.join node-path % ".lumo_cache")]
    {:write  (in (.tmpdir (js/require "os")))
     :read   [(in task-root) (in layer-root)]
     :defer? true}))

;; -- finding the function ----------------------------------------------------------------------------------------------------

(defn parse-name
  "`my-app.core/handler` as a qualified symbol."
  [text]
  (let [[_ ns-name fn-name] (re-matches #"([^/\s]+)/([^/\s]+)" text)]
    (if ns-name
      (symbol ns-name fn-name)
      (fail "Runtime.MalformedHandlerName"
        (str "the handler is set to " (pr-str text) "; write it as namespace/function, such as my-app.core/handler")))))

(defn- require-namespace! [ns-sym]
  (when-not (classpath/find-first (compiler/source-paths-of ns-sym false))
    (fail "Runtime.ImportModuleError" (compiler/not-found-text ns-sym false)))
  (compiler/require-ns! ns-sym))

(defn- var-not-found [ns-sym fn-sym]
  (let [names (map str (compiler/defined-names ns-sym))]
    (fail "Runtime.HandlerNotFound"
      (str "namespace " ns-sym " has no var " (name fn-sym)
           (or (not-empty (text/did-you-mean (name fn-sym) names))
               (str "; it defines " (if (seq names) (string/join ", " (sort names)) "nothing")))))))

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
  "As `caller`, of the function that the var holds when it is called: what a REPL redefines is what answers next."
  [sym]
  (let [value   (compiler/var-getter sym)
        current (volatile! nil)]
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

(defn resolve!
  "The handler named by `text`, whose namespace is loaded: `{:call (fn [event context] or [event context out]), :event form,
  :response form}`; the forms are those of the :lambda/event and :lambda/response metadata. Throws errors of lumo's own."
  [text]
  (let [sym (parse-name text)
        f   (compiler/ns-value sym)]
    (cond
      (undefined? f) (var-not-found (symbol (namespace sym)) sym)
      (not (ifn? f)) (fail "Runtime.HandlerNotFound" (str sym " is not a function but " (pr-str f)))
      :else
      (let [call (current-caller sym)
            {:lambda/keys [event response]} (compiler/var-meta sym)]
        {:call     (fn ([event context] (call event context nil)) ([event context out] (call event context out)))
         :event    event
         :response (response-form response)}))))

(defn load!
  "Loads the handler named by `text`, and returns it as `resolve!` does. Throws errors of lumo's own, and whatever loading the
  namespace throws."
  [text {:keys [task-root layer-root]}]
  (let [sym (parse-name text)]
    (classpath/set-paths! (class-path task-root layer-root))
    (npm/install! task-root)
    (cache/install! (caches task-root layer-root))
    (require-namespace! (symbol (namespace sym)))
    (resolve! text)))
