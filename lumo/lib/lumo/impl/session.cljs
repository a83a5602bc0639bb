(ns lumo.impl.session
  "One person's conversation with the compiler, be it at a terminal, over a socket or in an editor: the namespace, *1 *2 *3 *e and
  the print settings of each are its own, and so is where its printing goes, also that of work that it left behind.

  A session is a js object. What it evaluates runs while its settings are in place; between two forms, and while a promise is
  awaited, they are put away."
  (:require
   [clojure.string :as string]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.lookup :as lookup]
   [lumo.impl.namespaces :as namespaces]
   [lumo.impl.script :as script]))

(def ^:private async-hooks (js/require "async_hooks"))

;; -- what is a session's own -----------------------------------------------------------------------------------------------

(def ^:private settings
  "Of each var that is a session's own: its first value, a function that reads it and one that sets it."
  [[nil   (fn [] *1) (fn [x] (set! *1 x))]
   [nil   (fn [] *2) (fn [x] (set! *2 x))]
   [nil   (fn [] *3) (fn [x] (set! *3 x))]
   [nil   (fn [] *e) (fn [x] (set! *e x))]
   [nil   (fn [] *print-length*) (fn [x] (set! *print-length* x))]
   [nil   (fn [] *print-level*) (fn [x] (set! *print-level* x))]
   [false (fn [] *print-meta*) (fn [x] (set! *print-meta* x))]
   [true  (fn [] *print-namespace-maps*) (fn [x] (set! *print-namespace-maps* x))]
   [true  (fn [] *print-readably*) (fn [x] (set! *print-readably* x))]
   [true  (fn [] *print-newline*) (fn [x] (set! *print-newline* x))]
   [false (fn [] *warn-on-infer*) (fn [x] (set! *warn-on-infer* x))]
   [false (fn [] *unchecked-if*) (fn [x] (set! *unchecked-if* x))]
   [false (fn [] *unchecked-arrays*) (fn [x] (set! *unchecked-arrays* x))]])

(defn- read-settings []
  (into-array (map (fn [[_ value _]] (value)) settings)))

(defn- write-settings! [values]
  (dorun (map-indexed (fn [i [_ _ set-value!]] (set-value! (aget values i))) settings)))

(defonce ^:private storage
  ;; The session whose work is being done, as an AsyncLocalStorage; nil until there is one.
  (volatile! nil))

(defn current
  "The session whose work is being done, or nil."
  []
  (some-> ^js @storage .getStore))

(defn- routed
  "The print function `otherwise`, but for what a session prints."
  [key otherwise]
  (fn [s]
    (if-some [session (current)]
      ((unchecked-get session key) s)
      (otherwise s))))

(defonce ^:private plain
  ;; The print functions of the process, as they were before there was a session.
  (volatile! nil))

(defn- install! []
  (when-not @storage
    (vreset! storage (async-hooks.AsyncLocalStorage.))
    (vreset! plain [*print-fn* *print-err-fn*])
    (set-print-fn! (routed "out" *print-fn*))
    (set-print-err-fn! (routed "err" *print-err-fn*))))

(defn plain-out
  "The print function of the process's own output, whatever session asks."
  []
  (install!)
  (first @plain))

(defn plain-err
  "As `plain-out`, for errors."
  []
  (install!)
  (second @plain))

(defn session
  "A new session. `file` is what its source is called in errors, `out` and `err` are called with what it prints."
  [{:keys [file out err]}]
  (install!)
  #js {:file     file
       :ns       'cljs.user
       :out      out
       :err      err
       :settings (into-array (map first settings))
       :text     ""    ; all that was entered, so that a place in it can be shown later
       :wanted   nil   ; the namespace that in-ns asked for
       :cancel   nil}) ; ends the wait for a promise

(defn within
  "Calls `f` with the session's settings in place; what it prints, and what it starts, is the session's."
  [^js session f]
  (.run ^js @storage session
    (fn []
      (let [outer     (read-settings)
            print-fn  *print-fn*
            print-err *print-err-fn*]
        (write-settings! (.-settings session))
        (try
          (f)
          (finally
            ;; The finally blocks of a script that was interrupted did not run.
            (set! *print-fn* print-fn)
            (set! *print-err-fn* print-err)
            (set! (.-settings session) (read-settings))
            (write-settings! outer)))))))

;; -- what the process does about sessions ----------------------------------------------------------------------------------

(defonce ^:private hooks
  ;; :watch      called with the session that runs, and with nil when none does
  ;; :read-line  called with a session that wants a line of input
  (atom {:watch (fn [_])}))

(defn watch!
  "Has `f` called with each session before its code runs, and with nil after."
  [f]
  (swap! hooks assoc :watch f)
  nil)

(defn read-lines-with!
  "Has `f` called with a session that wants a line of input."
  [f]
  (swap! hooks assoc :read-line f)
  nil)

(defn reads-lines?
  "True where the current session has an input of its own."
  []
  (boolean (when-some [^js s (current)]
             (string? (.-input s)))))

(defn read-line
  "The next line of the current session's input, or nil where it has none."
  []
  (when-some [s (current)]
    ((:read-line @hooks) s)))

(defn- report-stray!
  "Prints an error that nobody caught, to the session that it came from."
  [e]
  (let [e (error/unwrap e)]
    (when-some [s (current)]
      (aset (.-settings ^js s) 3 e))
    (binding [*print-fn* *print-err-fn*]
      (println (str "not caught: " (error/text e))))))

(defn survive!
  "Has an error that nobody catches printed, and not end the process."
  []
  (.removeAllListeners js/process "uncaughtException")
  (.on js/process "uncaughtException" report-stray!))

;; -- namespaces ------------------------------------------------------------------------------------------------------------

(def ^:private everywhere
  "What a REPL offers in each namespace that it is in."
  {:uses       '{apropos lumo.repl, find-doc lumo.repl, all-ns lumo.repl, ns-map lumo.repl, ns-aliases lumo.repl, ns-refers lumo.repl
                 in-ns lumo.repl, load lumo.repl, load-file lumo.repl, pst lumo.repl}
   :use-macros '{doc lumo.repl, source lumo.repl, dir lumo.repl}})

(defn enter!
  "Makes `ns-sym` the session's namespace."
  [^js session ns-sym]
  (set! (.-ns session) ns-sym)
  (namespaces/offer! ns-sym everywhere)
  nil)

(defn want-ns!
  "Has the session that runs be in `ns-sym` after the form that does so; for in-ns."
  [ns-sym]
  (when-some [^js session (current)]
    (set! (.-wanted session) ns-sym)))

;; -- forms -----------------------------------------------------------------------------------------------------------------

(def ^:private own-functions '#{fn fn* defn defn- defmacro defmethod reify deftype defrecord extend-type extend-protocol letfn quote})

(defn awaits?
  "True of a form that awaits something in itself, and not within a function of its own."
  [form]
  (cond
    (seq? form) (or (= 'await (first form))
                    (and (not (own-functions (first form)))
                         (boolean (some awaits? form))))
    (map? form) (boolean (some awaits? (mapcat identity form)))
    (coll? form) (boolean (some awaits? form))
    :else false))

(defn- in-async-function [form]
  (with-meta (list (list (with-meta 'fn {:async true}) [] form)) (meta form)))

(defn- interrupted-error []
  (error/own "Interrupted" "the evaluation was interrupted"))

(defn- own-error
  "The error as its author should see it; that of an interrupted script says so."
  [e]
  (let [e (error/unwrap e)]
    (if (script/interrupted? e) (interrupted-error) e)))

(defn interrupt!
  "Ends the session's wait for a promise. What runs without a pause is ended by SIGINT, see lumo.impl.script."
  [^js session]
  (when-some [cancel (.-cancel session)]
    (cancel (interrupted-error))
    true))

(defn- settled
  "The promise `value`, or the session's interruption, whichever comes first."
  [^js session value]
  (-> (js/Promise. (fn [resolve reject]
                     (set! (.-cancel session) reject)
                     (.then (js/Promise.resolve value) resolve reject)))
      (.finally #(set! (.-cancel session) nil))))

(defn- running
  "Calls `f`, which SIGINT may interrupt."
  [session f]
  (let [watch (:watch @hooks)]
    (watch session)
    (try
      (script/interrupting f)
      (finally
        (watch nil)))))

(defn- eval-form!
  "Evaluates a form; #js {:value}, or with :promise where the value is still to come."
  [^js session form file]
  (within session
    (fn []
      (when (and (seq? form) (symbol? (second form)))
        (namespaces/retract! (.-ns session) (second form) 'lumo.repl))
      (let [waits?             (awaits? form)
            {:keys [value ns]} (running session
                                 #(compiler/eval-one! (if waits? (in-async-function form) form) (.-ns session) file))
            wanted             (.-wanted session)]
        (set! (.-wanted session) nil)
        (when (not= (or wanted ns) (.-ns session))
          (enter! session (or wanted ns)))
        (if waits? #js {:promise value} #js {:value value})))))

(defn- remember! [^js session value]
  (within session
    (fn []
      (set! *3 *2)
      (set! *2 *1)
      (set! *1 value))))

(defn- failed! [^js session e]
  (let [e (own-error e)]
    (within session #(set! *e e))
    e))

(defn- source-text
  "What was entered, behind as many lines as were entered before, so that each place in the session is one of its own."
  [^js session text]
  (let [before (.-text session)]
    (set! (.-text session) (str before text (when-not (string/ends-with? text "\n") "\n")))
    (error/remember-text! (.-file session) (.-text session))
    (str (string/replace before #"[^\n]" "") text)))

(defn ^:async eval-text!
  "Evaluates the forms of `text`, one after the other, awaiting those that await. Calls `(each value)` after each, within the
  session. A promise, rejected with the error, as its author should see it, that ended it. Options: `:file` and `:line`, where
  the text is from a file."
  [^js session text each {:keys [file line column]}]
  (let [text   (if file
                 (str (apply str (repeat (dec (or line 1)) "\n")) (apply str (repeat (dec (or column 1)) " ")) text)
                 (source-text session text))
        file   (or file (.-file session))
        reader (compiler/form-reader text file)]
    (when-not (= file (.-file session))
      (error/remember-text! file text))
    (try
      (loop []
        (let [form (within session #(compiler/next-form reader (.-ns session) file))]
          (when-not (compiler/no-form? form)
            (let [^js result (eval-form! session form file)
                  value      (if (.hasOwnProperty result "promise")
                               (await (settled session (.-promise result)))
                               (.-value result))]
              (remember! session value)
              (within session #(each value))
              (recur)))))
      (catch :default e
        (throw (failed! session e))))))
