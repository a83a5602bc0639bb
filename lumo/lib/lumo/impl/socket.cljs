(ns lumo.impl.socket
  "The socket REPL (-n): a REPL for each connection, for netcat, editors and programs. Each has its own *1, namespace and print
  settings; it ends when the connection does, or with :cljs/quit."
  (:require
   [clojure.string :as string]
   [lumo.impl.editor :as editor]
   [lumo.impl.error :as error]
   [lumo.impl.loader :as loader]
   [lumo.impl.namespaces :as namespaces]
   [lumo.impl.session :as session]
   [lumo.impl.terminal :as terminal]))

(defn parse
  "The meaning of -n: PORT, HOST:PORT, or a JSON object with host, port, accept (\"ns/fn\") and args."
  [text]
  (let [refuse #(throw (error/own "lumo"
                         (str "-n takes PORT, HOST:PORT or {\"host\": …, \"port\": …, \"accept\": \"ns/fn\", \"args\": […]}, not "
                              (pr-str text))))
        port   (fn [x]
                 (let [n (js/Number x)]
                   (if (and (js/Number.isInteger n) (<= 0 n 65535)) n (refuse))))]
    (if (string/starts-with? (string/trim text) "{")
      (let [o (try (js->clj (js/JSON.parse text)) (catch :default _ (refuse)))]
        (when-not (contains? o "port") (refuse))
        {:host   (get o "host" "localhost")
         :port   (port (get o "port"))
         :accept (some-> (get o "accept") symbol)
         :args   (get o "args")})
      (if-let [[_ host p] (re-matches #"(?:(.+):)?(\d+)" text)]
        {:host (or host "localhost") :port (port p)}
        (refuse)))))

(defonce ^:private numbers (atom 0))

(defn ^:async ^:private converse!
  "The REPL of one connection."
  [^js socket]
  (let [write  #(when (.-writable socket) (.write socket %))
        ^js s  (session/session {:file (str "<socket-" (swap! numbers inc) ">") :out write :err write})
        lines  (.createInterface (js/require "readline") #js {:input socket :terminal false})
        next!  (let [it (js-invoke lines js/Symbol.asyncIterator)] #(.next it))]
    (session/enter! s 'cljs.user)
    (write (terminal/prompt-of (.-ns s)))
    (loop [text "" ^js got (await (next!))]
      (when-not (.-done got)
        (let [text (str text (terminal/without-prompts (.-value got)) "\n")]
          (when-not (terminal/leaves? text)
            (if (editor/incomplete? text)
              (do (write (terminal/continuation-of (.-ns s)))
                  (recur text (await (next!))))
              (do
                (try
                  (await (session/eval-text! s text #(println (terminal/value-text %)) {}))
                  (catch :default e
                    (write (str (terminal/error-text e) "\n"))))
                (write (terminal/prompt-of (.-ns s)))
                (recur "" (await (next!)))))))))
    (session/interrupt! s)
    (.end socket)))

(defn- accepting
  "The function of the option's `accept`, called with the socket and `args`; without one, the REPL."
  [accept args]
  (if accept
    (do
      (loader/require-ns! (symbol (namespace accept)))
      (let [f (namespaces/ns-value accept)]
        (when-not (ifn? f)
          (throw (error/own "lumo" (str "-n: accept names " accept ", which is no function"))))
        #(apply f % args)))
    converse!))

(defn start!
  "Listens where the text of -n says; returns the server."
  [text]
  (let [{:keys [host port accept args]} (parse text)
        f      (accepting accept args)
        server (.createServer (js/require "net")
                 (fn [^js socket]
                   (.on socket "error" (fn [_])) ; 'close' follows
                   (f socket)))]
    (.on server "error"
      (fn [e]
        (binding [*print-fn* *print-err-fn*]
          (println (str "lumo: the socket REPL at " host ":" port " cannot start: " (.-message e))))
        (.exit js/process 1)))
    (.listen server port host
      (fn []
        (let [^js at (.address server)]
          (println (str "Socket REPL listening at " (.-address at) ":" (.-port at) ".")))))
    server))
