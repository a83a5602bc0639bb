(ns lumo.impl.error
  "Errors as a ClojureScript programmer reads them: what went wrong, in which file, line and column of the source, and a stack
  of ClojureScript names and places."
  (:require [clojure.string :as string]
            [lumo.impl.script :as script]
            [lumo.impl.text :as text]))

;; -- stack frames --------------------------------------------------------------------------------------------------------

(def ^:private arity-suffix #"\.cljs\$(core\$IFn\$_invoke\$arity\$(\d+|variadic)|lang\$applyTo)$")

(def ^:private protocol-method #"[^.]+\$([^.$]+)\$arity\$\d+$")

(defn- clojure-name
  "The ClojureScript name of a compiled function: my_app$core$handler and my_app.core.handler are my-app.core/handler, and
  a protocol's method my_app.core.Square.my_app$core$Shape$area$arity$1 is my-app.core.Square/area."
  [js-name]
  (let [bare (-> js-name
                 (string/replace #"^(Object|Function)\." "")
                 (string/replace arity-suffix "")
                 (string/replace protocol-method "$1")
                 (string/replace #"__(\d+|delegate)$" "")
                 (string/replace "$" "."))
        i    (string/last-index-of bare ".")]
    (if (and i (pos? i) (< i (dec (count bare))))
      (str (demunge (subs bare 0 i)) "/" (demunge (subs bare (inc i))))
      (demunge bare))))

(def ^:private own-script "The name under which the snapshot's code was loaded." "lumo.js")

(def ^:private own-names
  "What is not shown of the snapshot's frames: the interpreter, and the making of an error."
  #"^(lumo\.impl|lumo\.main|cljs\.js|cljs\.analyzer|cljs\.compiler|goog)[./]|^cljs\.core/(ExceptionInfo|ex-info)$")

(defn- own-frame
  "A frame inside the snapshot: the language's own functions are shown by name, the interpreter's are not shown."
  [function]
  (when-let [[_ ns-name] (some->> function clojure-name (re-matches #"(.+?)(\.[A-Z][^/]*)?/.+"))]
    (when-not (re-find own-names (clojure-name function))
      {:function (clojure-name function) :file (str (string/replace ns-name "." "/") ".cljs")})))

(defn- frame
  "What is shown of a call site, `{:function :file :line :column}`, or nil."
  [^js site]
  (let [file     (or (.getFileName site) (.getEvalOrigin site))
        function (or (.getFunctionName site) (.getMethodName site))
        line     (.getLineNumber site)
        column   (.getColumnNumber site)]
    (cond
      (nil? file) nil

      (= file own-script) (own-frame function)

      (script/known? file)
      (merge {:function (some-> function clojure-name) :file file}
        (script/source-position file (dec line) (dec column)))

      ;; Node's own frames say nothing about the program.
      (string/starts-with? file "node:") nil

      :else {:function function :file (string/replace file #"^file://" "") :line line :column column})))

(defn- frame-text [{:keys [function file line column]}]
  (let [place (str (text/shown-path file) (when line (str ":" line)) (when column (str ":" column)))]
    (if (seq function)
      (str "    at " function " (" place ")")
      (str "    at " place))))

(defn- header [e]
  (try
    (let [s (.call js/Error.prototype.toString e)]
      (if (instance? ExceptionInfo e) (string/replace s #"^Error" "ExceptionInfo") s))
    ;; Whatever a strange error's own properties throw must not hide that error.
    (catch :default _ "Error")))

(defn install!
  "Makes the `stack` of every error one of ClojureScript names and places. V8 asks for it when `stack` is first read, so an
  error that nobody looks at costs nothing."
  []
  (set! (.-prepareStackTrace js/Error)
    (fn [e sites]
      (try
        (string/join "\n" (cons (header e) (map frame-text (dedupe (keep frame sites)))))
        ;; Where the stack overflowed there may be no room for this; the error itself matters more.
        (catch :default _ "")))))

(defn stack-lines
  "The frames of an error's stack, a string each, without the leading `at`. For JavaScript that cannot be parsed Node puts the
  place, file:line, before the stack's first line."
  [e]
  (let [stack (some-> e .-stack)]
    (if (string? stack)
      (into (if-let [[_ file line] (and (instance? js/SyntaxError e) (re-find #"^(/.*):(\d+)\n" stack))]
              [(str (text/shown-path file) ":" line)]
              [])
        (keep #(second (re-matches #"\s+at (.*)" %)))
        (string/split-lines stack))
      [])))

;; -- what the compiler and the reader throw --------------------------------------------------------------------------------

(defn- causes [e]
  (take-while some? (iterate ex-cause e)))

(defn- location [e]
  (let [{:keys [file line column col] :as data} (ex-data e)
        ;; Where a form is not closed the reader knows the end of the file, and says where the form starts.
        [_ open-line open-column] (when (= :eof (:ex-kind data))
                                    (re-find #"starting at line (\d+) and column (\d+)" (ex-message e)))]
    (cond
      open-line {:file file :line (js/parseInt open-line) :column (js/parseInt open-column)}
      ;; The analyzer's :column is where a form starts, the reader's :col is behind the last character that it read.
      line      {:file file :line line :column (or column (some-> col dec (max 1)))}
      (:clojure.error/line data) {:file   (:clojure.error/source data)
                                  :line   (:clojure.error/line data)
                                  :column (:clojure.error/column data)})))

(defn unwrap
  "The error that the program's author should see: what the program threw, out of the compiler's wrapping, or the compiler's
  report."
  [e]
  (or (some #(when (script/thrown? %) %) (causes e)) e))

(defn compile-error?
  "True where the error came from reading or compiling source, not from running it."
  [e]
  (let [cs (causes e)]
    (boolean (and (not-any? script/thrown? cs)
                  (some (fn [x] (let [data (ex-data x)]
                                  (or (= :cljs/analysis-error (:tag data))
                                      (= :reader-exception (:type data))
                                      (contains? data :clojure.error/phase))))
                    cs)))))

(defn- clean-message
  "A reader's or analyzer's message without the place that it repeats at either end."
  [message]
  (-> message
      (string/replace #"^[^\s\[]*\s*\[line \d+, col \d+\] ?" "")
      (string/replace #", starting at line \d+ and column \d+\.$" "")
      (string/replace #" at line \d+ \S*$" "")
      (string/replace #" in file \S+$" "")))

(defn compile-report
  "`{:message :file :line :column}` of a compile or read error: the message of its innermost cause and the most exact place that
  any of its causes knows."
  [e]
  (let [chain   (causes e)
        message (last (remove string/blank? (map ex-message chain)))]
    (merge {:message (clean-message (or message "unknown error"))}
      (last (keep location chain)))))

(def ^:private excerpt-width 120)

(defn- excerpt
  "The line of the source with a caret below the column, or nil where the source cannot be read. Of a very long line it is the
  part before the column."
  [{:keys [file line column]} source-text]
  (when-let [text (and line (source-text file))]
    (when-let [source-line (nth (string/split-lines text) (dec line) nil)]
      (let [before (dec (or column 1))
            start  (max 0 (- before (quot excerpt-width 2)))]
        (str "  " (subs source-line (min start (count source-line)) (min (+ start excerpt-width) (count source-line))) "\n"
             "  " (apply str (repeat (- before start) " ")) "^")))))

(defn place
  "file:line:column of a report, as people know the file; an error of no file is lumo's own."
  [{:keys [file line column]}]
  (str (if file (text/shown-path file) "lumo")
       (when line (str ":" line))
       (when column (str ":" column))))

(defn compile-text
  "A compile or read error in full: place, message, the source line with a caret. `source-text` gives the text of a file."
  [e source-text]
  (let [report (compile-report e)]
    (str (place report) ": " (:message report)
         (when-let [x (excerpt report source-text)] (str "\n" x)))))

;; -- what programs throw -----------------------------------------------------------------------------------------------------

(defn error-type
  "The name of a thrown value's type: an error's name, ExceptionInfo, or that of any other value's type."
  [e]
  (cond
    (instance? ExceptionInfo e) "ExceptionInfo"
    (instance? js/Error e)      (or (not-empty (str (.-name e))) "Error")
    :else                       "Error"))

(defn- own-message [e]
  (if (instance? js/Error e)
    (str (.-message e))
    (pr-str e)))

(defn- data-text [e]
  (when-let [data (ex-data e)]
    (pr-str data)))

(defn run-time-text
  "A thrown value in full: type, message, data, stack, and the same of its causes."
  [e]
  (str (error-type e) ": " (own-message e)
       (when-let [d (data-text e)] (str " " d))
       (apply str (map #(str "\n    at " %) (stack-lines e)))
       (when-let [c (and (instance? js/Error e) (or (ex-cause e) (.-cause e)))]
         (str "\nCaused by: " (run-time-text c)))))

(defn text
  "Any error in full."
  [e source-text]
  (let [e (unwrap e)]
    (cond
      ;; Wrong use of the command line: its message says all there is to know.
      (:lumo/plain (ex-data e)) (str "lumo: " (ex-message e))
      (compile-error? e)        (compile-text e source-text)
      :else                     (run-time-text e))))

(defn ->json
  "A thrown value as Lambda's error object: errorType, errorMessage and stackTrace, with errorData (EDN) and cause where the
  error has them."
  ([e] (->json e (error-type e)))
  ([e type]
   (let [o #js {:errorType type
                :errorMessage (own-message e)
                :stackTrace (into-array (stack-lines e))}]
     (when-let [d (data-text e)]
       (unchecked-set o "errorData" d))
     (when-let [c (and (instance? js/Error e) (or (ex-cause e) (.-cause e)))]
       (unchecked-set o "cause" (->json c)))
     o)))
