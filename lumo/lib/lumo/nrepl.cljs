(ns lumo.nrepl
  "An nREPL server, for CIDER, Calva and others: clone, describe, eval, load-file, complete, completions, info, lookup, eldoc,
  interrupt, stdin, close, ls-sessions.

  Connections and bencode are the work of lumo/js/nrepl."
  (:require
   [cljs.core :as core]
   [cljs.pprint :as pprint]
   [clojure.string :as string]
   [lumo.core :as lumo]
   [lumo.impl.error :as error]
   [lumo.impl.lookup :as lookup]
   [lumo.impl.script :as script]
   [lumo.impl.session :as session]
   [lumo.repl]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defonce ^:private server
  ;; :connections (js Server), :sessions {id -> js session}
  (atom nil))

;; -- answers ---------------------------------------------------------------------------------------------------------------

(defn- send!
  "Sends an answer to the message `request`, a map; the values of `fields` are strings, numbers, vectors or maps of them."
  [{:keys [connection id session]} fields]
  (.send ^js (:connections @server) connection
    (clj->js (cond-> fields id (assoc :id id) session (assoc :session session)))))

(defn- done!
  ([request] (done! request {}))
  ([request fields] (send! request (update fields :status #(conj (vec %) "done")))))

(defn- fail! [request & status]
  (done! request {:status (into ["error"] status)}))

;; -- sessions --------------------------------------------------------------------------------------------------------------

(defonce ^:private numbers (atom 0))

(defn- new-session! []
  (let [id      (.randomUUID (js/require "crypto"))
        number  (swap! numbers inc)
        ^js s   (session/session {:file (str "<nrepl-" number ">")})
        printer (fn [key] (fn [text] (when-let [request (.-request s)] (send! request {key text}))))]
    (set! (.-id s) id)
    (set! (.-number s) number)
    (set! (.-out s) (printer :out))
    (set! (.-err s) (printer :err))
    (set! (.-queue s) (js/Promise.resolve)) ; evaluations of a session come one after the other
    (set! (.-waiting s) #js [])             ; what is in the queue and not begun
    (set! (.-input s) "")
    (session/enter! s 'cljs.user)
    (.name ^js (:connections @server) id number)
    (swap! server assoc-in [:sessions id] s)
    s))

(defn- session-of
  "The session of a message; one for this message alone where it names none, as nREPL has it; nil where it is not known."
  [{:keys [session]}]
  (if session
    (get-in @server [:sessions session])
    (let [^js s (new-session!)]
      (swap! server update :sessions dissoc (.-id s))
      s)))

;; -- evaluation ------------------------------------------------------------------------------------------------------------

(defn- value-text [value pprint?]
  (if pprint?
    (string/trim-newline (with-out-str (pprint/pprint value)))
    (pr-str value)))

(defn- failed!
  "Sends what an evaluation ended in; returns the status that stands beside done."
  [request ^js s e]
  (if (= "Interrupted" (error/own-type e))
    ["interrupted"]
    (let [kind (str "class " (error/error-type e))]
      (send! request {:err (str (error/text e) "\n")})
      (send! request {:status ["eval-error"] :ex kind :root-ex kind :ns (str (.-ns s))})
      [])))

(defn ^:async ^:private evaluate!
  "Evaluates `text` for a message, in the namespace that it names, and answers with each value."
  [{:keys [ns] :as request} ^js s text options]
  (let [before (.-ns s)
        guest  (when (and ns (seq ns) (not= ns (str before)))
                 (symbol ns))
        print? (contains? request :nrepl.middleware.print/print)]
    (set! (.-request s) request)
    (when guest
      (session/enter! s guest))
    (let [status (volatile! [])]
      (try
        (await (session/eval-text! s text
                 (fn [value]
                   (send! request {:value (value-text value print?) :ns (str (.-ns s))}))
                 options))
        (catch :default e
          (vreset! status (failed! request s e))))
      (when (and guest (= guest (.-ns s)))
        (set! (.-ns s) before))
      (done! request {:status @status}))))

(defn- enqueue!
  "Has `f` called, which returns a promise, when what the session was asked before is done."
  [request ^js s f]
  (.push (.-waiting s) request)
  (set! (.-queue s)
    (.then (.-queue s)
      (fn []
        (let [at (.indexOf (.-waiting s) request)]
          (when-not (neg? at) ; interrupted before it began
            (.splice (.-waiting s) at 1)
            (f)))))))

(defn- int-of [x]
  (let [n (js/parseInt x)]
    (when (pos? n) n)))

(defn- eval-op [{:keys [code file line column] :as request}]
  (let [s (session-of request)]
    (cond
      (nil? s)            (fail! request "unknown-session")
      (not (string? code)) (fail! request "no-code")
      :else
      (enqueue! request s
        #(evaluate! request s code
           (when (and (seq file) (int-of line))
             {:file file :line (int-of line) :column (int-of column)}))))))

(defn- load-file-op [{:keys [file file-path file-name] :as request}]
  (if-let [s (session-of request)]
    (enqueue! request s
      #(evaluate! (dissoc request :ns) s file {:file (or (not-empty file-path) (not-empty file-name) "<file>")}))
    (fail! request "unknown-session")))

(defn- interrupt-op [{:keys [interrupt-id] :as request}]
  (if-let [^js s (session-of request)]
    (let [waiting (filter #(and interrupt-id (= interrupt-id (:id %))) (array-seq (.-waiting s)))]
      (if (or (session/interrupt! s) (seq waiting))
        (do
          (set! (.-waiting s) (into-array (remove (set waiting) (.-waiting s))))
          (run! #(done! % {:status ["interrupted"]}) waiting)
          (done! request))
        ;; What ran without a pause has been ended before this message is read.
        (done! request {:status ["session-idle"]})))
    (fail! request "unknown-session")))

;; -- input -----------------------------------------------------------------------------------------------------------------

(defn- take-line!
  "The next line of the session's input, nil where it is not there yet; `:end` at the end."
  [^js s]
  (let [input (.-input s)
        end   (string/index-of input "\n")]
    (cond
      end        (do (set! (.-input s) (subs input (inc end)))
                     (subs input 0 end))
      (.-ended s) (do (set! (.-ended s) false)
                      (set! (.-input s) "")
                      (or (not-empty input) :end)))))

(defn- read-line!
  "The next line of the session's input, asked for where there is none; nil at its end. The process waits for it."
  [^js s]
  (loop [asked? false]
    (if-some [line (take-line! s)]
      (when-not (= :end line) line)
      (do
        (when-not asked?
          (send! (.-request s) {:status ["need-input"]}))
        (.wait ^js (:connections @server))
        (recur true)))))

(defn- stdin-op [{:keys [stdin] :as request}]
  (if-let [^js s (session-of request)]
    (do
      (if (seq stdin)
        (set! (.-input s) (str (.-input s) stdin))
        (set! (.-ended s) true))
      (done! request))
    (fail! request "unknown-session")))

;; -- what is known of names ------------------------------------------------------------------------------------------------

(defn- ns-of [{:keys [ns] :as request}]
  (if (seq ns)
    (symbol ns)
    (if-let [^js s (get-in @server [:sessions (:session request)])]
      (.-ns s)
      'cljs.user)))

(defn- found-for [{:keys [sym symbol] :as request}]
  (when-let [text (or (not-empty sym) (not-empty symbol))]
    (lookup/lookup (ns-of request) (core/symbol text))))

(defn- arglists-text [{:keys [arglists forms]}]
  (if forms
    (string/join "\n" forms)
    (string/join "\n" (map pr-str arglists))))

(defn- info-fields [{:keys [ns name doc file line column macro special-form] :as found}]
  (let [text (arglists-text found)]
    (cond-> {:name (str name) :type (lookup/kind found)}
      ns           (assoc :ns (str ns))
      doc          (assoc :doc doc)
      (seq text)   (assoc :arglists-str text)
      file         (assoc :file (if (.existsSync fs file) (.resolve node-path file) file))
      line         (assoc :line line)
      column       (assoc :column column)
      macro        (assoc :macro "true")
      special-form (assoc :special-form "true"))))

(defn- info-op [request]
  (if-let [found (found-for request)]
    (done! request (info-fields found))
    (done! request {:status ["no-info"]})))

(defn- lookup-op [request]
  (if-let [found (found-for request)]
    (done! request {:info (info-fields found)})
    (fail! request "lookup-error")))

(defn- eldoc-op [request]
  (let [{:keys [ns name doc arglists] :as found} (found-for request)]
    (if arglists
      (done! request (cond-> {:eldoc (mapv #(mapv str %) arglists) :name (str name) :ns (str ns)
                              :type (if (= "macro" (lookup/kind found)) "macro" "function")}
                       doc (assoc :docstring doc)))
      (done! request {:status ["no-eldoc"]}))))

(defn- complete-op [{:keys [prefix symbol] :as request}]
  (done! request {:completions (vec (lookup/completions (ns-of request) (or prefix symbol "")))}))

;; -- the rest --------------------------------------------------------------------------------------------------------------

(declare ops)

(defn- version-fields [text]
  (let [[major minor incremental] (string/split text #"\.")]
    {:version-string text :major (or major "0") :minor (or minor "0") :incremental (or incremental "0")}))

(defn- describe-op [request]
  (let [{:keys [lumo clojurescript node]} (lumo/version)]
    (done! request
      {:ops      (zipmap (keys ops) (repeat {}))
       :versions {:lumo          (version-fields lumo)
                  :clojurescript (version-fields clojurescript)
                  :node          (version-fields node)
                  :nrepl         (version-fields "1.3.0")} ; the protocol's, whose operations these are
       :aux      {:current-ns (str (ns-of request))}})))

(defn- clone-op [{from :session :as request}]
  (let [^js old (get-in @server [:sessions from])
        ^js s   (new-session!)]
    (when old
      (session/enter! s (.-ns old))
      (set! (.-settings s) (.slice (.-settings old))))
    (done! request {:new-session (.-id s)})))

(defn- close-op [request]
  (if-let [s (get-in @server [:sessions (:session request)])]
    (do
      (session/interrupt! s)
      (swap! server update :sessions dissoc (:session request))
      (done! request {:status ["session-closed"]}))
    (fail! request "unknown-session")))

(defn- sessions-op [request]
  (done! request {:sessions (vec (keys (:sessions @server)))}))

(def ^:private ops
  {"clone"       clone-op
   "close"       close-op
   "complete"    complete-op
   "completions" complete-op
   "describe"    describe-op
   "eldoc"       eldoc-op
   "eval"        eval-op
   "info"        info-op
   "interrupt"   interrupt-op
   "load-file"   load-file-op
   "lookup"      lookup-op
   "ls-sessions" sessions-op
   "stdin"       stdin-op})

(defn- handle! [{:keys [op] :as request}]
  (try
    (if-let [f (ops op)]
      (f request)
      (fail! request "unknown-op"))
    (catch :default e
      (send! request {:err (str (error/text e) "\n")})
      (fail! request (str op "-error")))))

;; -- the server ------------------------------------------------------------------------------------------------------------

(defn- address-of
  "Host and port of `[HOST:]PORT`."
  [text]
  (let [[_ host port] (re-matches #"(?:(.*):)?(\d+)" (str text))]
    (when-not (and port (<= (js/parseInt port) 65535))
      (throw (error/own "lumo" (str "an nREPL server's address is PORT or HOST:PORT, not " (pr-str text)))))
    [(if (seq host) (string/replace host #"^\[|\]$" "") "127.0.0.1") (js/parseInt port)]))

(defn- write-port-file! [port]
  (let [file (.resolve node-path ".nrepl-port")]
    (try
      (.writeFileSync fs file (str port))
      (.on js/process "exit"
        (fn []
          ;; Another server may have been started here since.
          (when (and (.existsSync fs file) (= (str port) (.readFileSync fs file "utf8")))
            (.rmSync fs file #js {:force true}))))
      ;; The folder may not be written to, as a function's: an editor is told the port by hand then.
      (catch :default _ nil))))

(defn- listening! [host port]
  (write-port-file! port)
  (println (str "nREPL server started on port " port " on host " host " - nrepl://" host ":" port)))

(defn- on-signal!
  "A SIGINT that no script was ended by: one of our own that came too late, or one that is meant for the process."
  []
  (when-not (or (.ours ^js (:connections @server)) (< 1 (.listenerCount js/process "SIGINT")))
    (.exit js/process 130)))

(defn- start!
  "Starts the server; `on-failure` is called with a reason where it cannot listen. Returns the js Server."
  [address on-failure]
  (let [[host port] (address-of address)
        ^js loaded  (script/run-text! (.text js/$lumo.assets "nrepl/server.js") "lumo/nrepl.js")
        ^js c       (new (.-Server loaded) (.text js/$lumo.assets "nrepl/minder.js")
                      (fn [connection message]
                        (handle! (assoc (js->clj message :keywordize-keys true) :connection connection))))]
    (reset! server {:connections c :sessions {}})
    (session/watch! (fn [^js s] (.running c (or (some-> s .-number) 0))))
    (session/read-lines-with! read-line!)
    (.on js/process "SIGINT" on-signal!)
    (.listen c host port listening! #(on-failure (.-message %)))
    c))

(defn serve!
  "Starts an nREPL server at `[HOST:]PORT`, which keeps the process alive; host is 127.0.0.1 unless given, port 0 is any that is
  free. The port is printed, and written to .nrepl-port in the working directory. An error that nobody catches does not end the
  process: it is printed."
  [address]
  (session/survive!)
  (start! address
    (fn [reason]
      (binding [*print-fn* *print-err-fn*]
        (println (str "lumo: the nREPL server at " address " cannot start: " reason)))
      (.exit js/process 1)))
  nil)

(defn serve-beside!
  "Starts an nREPL server in a process that has a purpose of its own, and is not kept alive by it."
  [address]
  (.unref ^js (start! address #(println (str "the nREPL server at " address " cannot start: " %))))
  nil)
