(ns lumo.impl.repl
  "The read-eval-print loop on a terminal or a pipe."
  (:require
   [cljs.tools.reader :as r]
   [cljs.tools.reader.reader-types :as rt]
   [clojure.string :as string]
   [lumo.core :as lumo]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]))

(defn- banner []
  (let [{:keys [lumo clojurescript node]} (lumo/version)]
    (str "Lumo " lumo "\n"
         "ClojureScript " clojurescript "\n"
         "Node " node "\n"
         " Exit: Control+D or :cljs/quit or exit\n")))

(defn- prompt-of [ns] (str ns "=> "))

(defn- continuation-of
  "The prompt of a form's further lines, as long as the first one's."
  [ns]
  (let [mark "#_=> "]
    (str (apply str (repeat (- (count (prompt-of ns)) (count mark)) " ")) mark)))

(defn- incomplete? [text]
  (let [reader (rt/indexing-push-back-reader text)
        eof    (js-obj)]
    (binding [r/*suppress-read* true
              r/*default-data-reader-fn* (fn [_ form] form)
              r/*alias-map* identity]
      (try
        (while (not (identical? eof (r/read {:eof eof :read-cond :allow :features #{:cljs}} reader))))
        false
        (catch :default e
          (= :eof (:ex-kind (ex-data e))))))))

(defn- eval-and-print! [text ns]
  (error/remember-text! "<repl>" text)
  (compiler/eval-source text
    {:file "<repl>"
     :ns   ns
     :each (fn [value]
             (set! *3 *2)
             (set! *2 *1)
             (set! *1 value)
             (prn value))}))

(defn- strip-continuations
  "A session pasted back carries the prompts of its continuation lines."
  [line]
  (string/replace line #"^\s*#_=> " ""))

(defn start!
  "Reads forms from stdin until it ends, or :cljs/quit or exit is entered. An error is printed and the loop goes on. Needs
  `:quiet` and `:dumb` of the command line."
  [{:keys [quiet dumb]}]
  (let [readline (js/require "readline")
        terminal (and (not dumb) (.. js/process -stdin -isTTY))
        console  (.createInterface readline #js {:input    (.-stdin js/process)
                                                 :output   (.-stdout js/process)
                                                 :terminal (boolean terminal)
                                                 :prompt   (prompt-of 'cljs.user)})
        state    (atom {:ns 'cljs.user :text ""})
        show!    (fn []
                   (let [{:keys [ns text]} @state]
                     (.setPrompt console (if (string/blank? text) (prompt-of ns) (continuation-of ns)))
                     (.prompt console)))]
    (when-not quiet
      (println (banner)))
    (.on console "line"
      (fn [line]
        (let [text (str (:text @state) (strip-continuations line) "\n")]
          (cond
            (contains? #{":cljs/quit" "exit" "quit"} (string/trim text)) (.close console)
            (incomplete? text) (do (swap! state assoc :text text) (show!))
            :else
            (do
              (swap! state assoc :text "")
              (try
                (swap! state assoc :ns (eval-and-print! text (:ns @state)))
                (catch :default e
                  (set! *e (error/unwrap e))
                  (binding [*print-fn* *print-err-fn*]
                    (println (error/text e)))))
              (show!))))))
    (.on console "close" #(.exit js/process (or (.-exitCode js/process) 0)))
    (show!)))
