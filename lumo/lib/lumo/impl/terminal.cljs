(ns lumo.impl.terminal
  "The REPL of the command line: at a terminal with an editor (lumo.impl.editor), over a pipe or at a dumb terminal by lines.

  The terminal is in raw mode while a text is edited and in its ordinary one while code runs, so that Ctrl-C is a key there and
  a signal here; the signal ends a script that runs, be it an endless loop, or the wait for a promise."
  (:require
   [cljs.pprint :as pprint]
   [clojure.string :as string]
   [lumo.core :as lumo]
   [lumo.impl.editor :as editor]
   [lumo.impl.error :as error]
   [lumo.impl.lookup :as lookup]
   [lumo.impl.screen :as screen]
   [lumo.impl.session :as session]
   [lumo.repl :as repl]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defn banner
  "What a REPL says first."
  []
  (let [{:keys [lumo clojurescript node]} (lumo/version)]
    (str "Lumo " lumo "\n"
         "ClojureScript " clojurescript "\n"
         "Node " node "\n"
         " Docs: (doc name)  (find-doc \"text\")  (dir namespace)\n"
         " Source: (source name)\n"
         " Results: *1 *2 *3, an error: *e\n"
         " Exit: Control+D or :cljs/quit or exit\n")))

(defn prompt-of
  "The prompt of a form's first line."
  [ns-sym]
  (str ns-sym "=> "))

(defn continuation-of
  "The prompt of a form's further lines, as long as the first one's."
  [ns-sym]
  (let [mark "#_=> "]
    (str (apply str (repeat (- (count (prompt-of ns-sym)) (count mark)) " ")) mark)))

(defn without-prompts
  "A text without the prompts that a session pasted back carries."
  [text]
  (-> text
      (string/replace #"(^|\n)[ \t]*#_=> ?" "$1")
      (string/replace #"(^|\n)[\w.*+!?<>-]+=> " "$1")))

(defn leaves?
  "True of what ends a REPL."
  [text]
  (contains? #{":cljs/quit" "exit" "quit" "(exit)" "(quit)"} (string/trim text)))

(defn value-text
  "A value as a REPL prints it."
  [value]
  (if repl/*pprint-results*
    (string/trim-newline (with-out-str (pprint/pprint value)))
    (pr-str value)))

(defn error-text
  "An error as a REPL prints it."
  [e]
  (if (= "Interrupted" (error/own-type e))
    "interrupted"
    (error/text e)))

(defn- leave! [serving]
  (when-not serving
    (.exit js/process (or (.-exitCode js/process) 0))))

(defn- interrupt-on-signal! [s otherwise]
  (.on js/process "SIGINT"
    (fn []
      (when-not (session/interrupt! s)
        (otherwise)))))

;; -- by lines --------------------------------------------------------------------------------------------------------------

(defn ^:async ^:private read-lines!
  "Evaluates what comes in on stdin, line by line, to its end."
  [^js s serving]
  (let [write   (.-out s)
        text    (volatile! "")
        prompt! #(write (if (string/blank? @text) (prompt-of (.-ns s)) (continuation-of (.-ns s))))
        lines   (.createInterface (js/require "readline") #js {:input (.-stdin js/process) :terminal false})
        next!   (let [it (js-invoke lines js/Symbol.asyncIterator)] #(.next it))]
    (interrupt-on-signal! s
      (fn []
        (vreset! text "")
        (write "\n")
        (prompt!)))
    (prompt!)
    (loop [^js got (await (next!))]
      (when-not (.-done got)
        (vreset! text (str @text (without-prompts (.-value got)) "\n"))
        (when-not (leaves? @text)
          (when-not (editor/incomplete? @text)
            (let [entered @text]
              (vreset! text "")
              (try
                (await (session/eval-text! s entered #(println (value-text %)) {}))
                (catch :default e
                  ((.-err s) (str (error-text e) "\n"))))))
          (prompt!)
          (recur (await (next!))))))
    (leave! serving)))

;; -- history ---------------------------------------------------------------------------------------------------------------

(def ^:private history-limit 1000)

(def ^:private line-break
  "Stands for the line ends within an entry, which is a line of the file."
  "\u000b")

(defn- history-file []
  (.join node-path (.homedir (js/require "os")) ".lumo_history"))

(defn- read-history []
  (try
    (->> (string/split-lines (.readFileSync fs (history-file) "utf8"))
         (remove string/blank?)
         (take-last history-limit)
         (mapv #(string/replace % line-break "\n")))
    ;; There is none yet, or no home.
    (catch :default _ [])))

(defn- save-history! [history]
  (try
    (.writeFileSync fs (history-file)
      (apply str (map #(str (string/replace % "\n" line-break) "\n") (take-last history-limit history)))
      #js {:mode 384}) ; 0600: what is entered may hold secrets
    ;; A home that cannot be written to is no reason to stop.
    (catch :default _ nil)))

;; -- with an editor --------------------------------------------------------------------------------------------------------

(defn- colours?
  "Whether the terminal is to have colours, after the conventions for them."
  []
  (let [env (.-env js/process)]
    (and (empty? (unchecked-get env "NO_COLOR"))
         (not= "dumb" (unchecked-get env "TERM")))))

(deftype ^:private Console
  [^js session serving colours
   ^:mutable state     ; of the editor
   ^:mutable row       ; of the cursor, in what is shown
   ^:mutable editing   ; nothing runs: the text is on the screen
   ^:mutable keys      ; that came while something ran
   ^:mutable printed   ; by work that goes on while a text is edited, and not yet a line
   write])

(defn- paint [^Console c code text]
  (if (.-colours c) (screen/coloured code text) text))

(defn- columns [] (or (.. js/process -stdout -columns) 80))

(defn- prompts [^Console c]
  (if-let [{:keys [query failed]} (:search (.-state c))]
    [(str (when failed "failed ") "search `" query "': ") ""]
    (let [ns-sym (.-ns ^js (.-session c))]
      [(prompt-of ns-sym) (continuation-of ns-sym)])))

(defn- redraw! [^Console c]
  (let [{:keys [text at]}     (.-state c)
        [prompt continuation] (prompts c)
        {:keys [output row]}  (screen/draw {:prompt prompt :continuation continuation
                                            :shown-prompt (paint c "1;34" prompt)
                                            :shown-continuation (paint c "34" continuation)
                                            :text text :at at :columns (columns)
                                            :match (when (.-colours c) (editor/match-at text at))})]
    ((.-write c) (str (screen/erase (.-row c)) output))
    (set! (.-row c) row)))

(defn- to-end!
  "Leaves the text as it is, the cursor below it."
  [^Console c]
  (set! (.-state c) (assoc (.-state c) :at (count (:text (.-state c))) :search nil))
  (redraw! c)
  ((.-write c) "\r\n")
  (set! (.-row c) 0))

(defn- print-around!
  "Writes what is printed while a text is edited above it, a line at a time."
  [^Console c s]
  (if (.-editing c)
    (let [all (str (.-printed c) s)
          end (inc (.lastIndexOf all "\n"))]
      (set! (.-printed c) (subs all end))
      (when (pos? end)
        ((.-write c) (str (screen/erase (.-row c)) (subs all 0 end)))
        (set! (.-row c) 0)
        (redraw! c)))
    ((.-write c) s)))

(defn- edit! [^Console c yes]
  (let [stdin (.-stdin js/process)]
    (set! (.-editing c) yes)
    (.setRawMode stdin yes)
    ((.-write c) (if yes "\u001b[?2004h" "\u001b[?2004l")) ; a paste tells where it begins and ends
    (if yes (.resume stdin) (.pause stdin))))

(defn- leave-console! [^Console c]
  (to-end! c)
  (edit! c false)
  (leave! (.-serving c)))

(def ^:private for-ever 2147483647) ; milliseconds, the longest that a timer takes

(defn ^:async ^:private evaluate!
  "Evaluates what was entered, the terminal being in its ordinary mode."
  [^Console c text]
  (edit! c false)
  ;; A promise that nothing will settle is waited for until Ctrl-C; without this the process would end.
  (let [hold (js/setTimeout (fn []) for-ever)]
    (try
      (await (session/eval-text! (.-session c) text
               (fn [value]
                 (println (cond-> (value-text value) (.-colours c) screen/highlight)))
               {}))
      (catch :default e
        ((.-write c) (str (paint c "31" (error-text e)) "\n"))))
    (js/clearTimeout hold)
    (edit! c true)))

(declare take-keys!)

(defn ^:async ^:private submit! [^Console c]
  (let [entered (string/trim (:text (.-state c)))
        text    (without-prompts entered)]
    (to-end! c)
    (set! (.-state c) (editor/fresh (.-state c) entered))
    (when-not (string/blank? text)
      (save-history! (:history (.-state c))))
    (if (leaves? text)
      (do (edit! c false)
          (leave! (.-serving c)))
      (do
        (when-not (string/blank? text)
          (await (evaluate! c text)))
        (redraw! c)
        (take-keys! c)))))

(defn- complete! [^Console c]
  (let [{:keys [text at]} (.-state c)
        prefix     (re-find repl/name-at-end (subs text 0 at))
        candidates (map :candidate (lookup/completions (.-ns ^js (.-session c)) prefix))]
    (when (seq candidates)
      (let [completed (editor/complete-with (.-state c) prefix candidates)]
        (if (or (not= (:text completed) text) (= 1 (count candidates)))
          (set! (.-state c) completed)
          (do
            (to-end! c)
            ((.-write c) (str (screen/in-columns candidates (columns) 20) "\r\n"))
            (set! (.-state c) (assoc (.-state c) :at at))))))
    (redraw! c)))

(defn- press! [^Console c key]
  (set! (.-state c) (editor/press (.-state c) key))
  (case (:action (.-state c))
    :submit   (submit! c)
    :end      (leave-console! c)
    :cancel   (do (to-end! c)
                  (set! (.-state c) (editor/fresh (.-state c) ""))
                  (redraw! c))
    :clear    (do ((.-write c) "\u001b[H\u001b[2J")
                  (set! (.-row c) 0)
                  (redraw! c))
    :complete (complete! c)
    (redraw! c)))

(defn- take-keys!
  "Does what the keys say that are there, up to the one that has something run."
  [^Console c]
  (when (and (.-editing c) (pos? (alength (.-keys c))))
    (let [key (.shift (.-keys c))]
      (press! c key)
      (recur c))))

(defn- key-of [s ^js k]
  {:name (.-name k) :ctrl (.-ctrl k) :meta (.-meta k) :sequence (if (string? s) s nil)})

(defn- edit-lines! [^js s serving]
  (let [write (.-out s)
        c     (Console. s serving (colours?) (editor/fresh (read-history)) 0 false #js [] "" write)
        stdin (.-stdin js/process)]
    (set! (.-out s) #(print-around! c %))
    (set! (.-err s) #(print-around! c %))
    (.emitKeypressEvents (js/require "readline") stdin)
    (.on stdin "keypress" (fn [text key]
                            (.push (.-keys c) (key-of text key))
                            (take-keys! c)))
    (.on stdin "end" #(leave-console! c))
    (.on (.-stdout js/process) "resize" #(when (.-editing c) (redraw! c)))
    (.on js/process "exit" #(when (.-editing c) (edit! c false)))
    (interrupt-on-signal! s (fn []))
    (edit! c true)
    (redraw! c)))

;; -- the start -------------------------------------------------------------------------------------------------------------

(defn start!
  "Reads forms from stdin until it ends, or :cljs/quit or exit is entered. An error is printed and the loop goes on. Of the
  command line it needs `:quiet`, `:dumb`, and `:serving`: whether the process has more to do when stdin has ended."
  [{:keys [quiet dumb serving]}]
  (let [s (session/session {:file "<repl>" :out (session/plain-out) :err (session/plain-err)})]
    (session/survive!)
    (session/enter! s 'cljs.user)
    (when-not quiet
      (println (banner)))
    (if (and (not dumb) (.. js/process -stdin -isTTY) (.. js/process -stdout -isTTY))
      (edit-lines! s serving)
      (read-lines! s serving))))
