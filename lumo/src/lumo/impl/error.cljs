(ns lumo.impl.error
  "Errors as a ClojureScript programmer reads them: what went wrong, in which file, line and column of the source, and a stack
  of ClojureScript names and places. The same text goes to the terminal, to a function's log and into Lambda's error object."
  (:require
   [clojure.string :as string]
   [lumo.impl.script :as script]
   [lumo.impl.stack :as stack]
   [lumo.impl.text :as text]))

(def ^:private fs (js/require "fs"))

;; -- errors of lumo's own ------------------------------------------------------------------------------------------------------

(defn own
  "An error of lumo's own, whose message says all there is to know: no stack and no data is shown with it. `type` is `lumo`, or
  Lambda's errorType."
  ([type message] (ex-info message {:lumo/own type}))
  ([type message cause] (ex-info message {:lumo/own type} cause)))

(defn own-type
  "The type of an error that `own` made, nil of any other."
  [e]
  (:lumo/own (ex-data e)))

;; -- the line that an error is about -------------------------------------------------------------------------------------------

(defonce ^:private texts
  ;; Texts of sources that are in no file: of -e, stdin and the REPL, by the name that errors carry.
  (atom {}))

(defn remember-text!
  "Keeps the text of a source that is in no file."
  [name text]
  (swap! texts assoc name text)
  nil)

(defn- jar-text
  "The text of a resource inside a JAR, by the name that errors carry: jar!/path."
  [file]
  (when-let [[_ jar path] (re-matches #"(.+\.(?:jar|zip))!/(.+)" file)]
    (.toString (.read (js/$lumo.jar.Jar. jar) path) "utf8")))

(defn- source-text [file]
  (or (get @texts file)
      (try (or (jar-text file) (.readFileSync fs file "utf8"))
           ;; A file that is gone: the message goes without the line.
           (catch :default _ nil))))

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

(declare error-type)

(defn load-error-type
  "The errorType of what was thrown while a function was loaded."
  [e]
  (if (compile-error? e) "Runtime.UserCodeSyntaxError" (error-type e)))

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
  "The line of the source and, below it, a caret under the column: two texts, or none where the source cannot be read. Of a
  very long line it is the part around the column."
  [{:keys [file line column]}]
  (when-let [text (and line file (source-text file))]
    (when-let [source-line (nth (string/split-lines text) (dec line) nil)]
      (let [before (min (dec (or column 1)) (count source-line))
            start  (max 0 (- before (quot excerpt-width 2)))]
        [(subs source-line start (min (+ start excerpt-width) (count source-line)))
         (str (string/replace (subs source-line start before) #"[^\t]" " ") "^")]))))

(defn place
  "file:line:column of a report, as people know the file; an error of no file is lumo's own."
  [{:keys [file line column]}]
  (str (if file (text/shown-path file) "lumo")
       (when line (str ":" line))
       (when column (str ":" column))))

(defn report-text
  "What the compiler says of a place, `{:message :file :line :column}`: place, message, the source line with a caret."
  [report]
  (string/join "\n  " (cons (str (place report) ": " (:message report)) (excerpt report))))

(defn source-lines
  "Of a thrown value: the place in a source that it comes from, the line and the caret, three texts; none where that is not
  known."
  [e]
  (when-let [at (stack/source-place e)]
    (when-let [lines (excerpt at)]
      (cons (place at) (map #(str "  " %) lines)))))

;; -- what programs throw -----------------------------------------------------------------------------------------------------

(defn error-type
  "The name of a thrown value's type: that of an error of lumo's own, ExceptionInfo, an error's name, or Error for anything
  else."
  [e]
  (cond
    (own-type e)                (own-type e)
    (instance? ExceptionInfo e) "ExceptionInfo"
    (instance? js/Error e)      (or (not-empty (str (.-name e))) "Error")
    :else                       "Error"))

(defn- message-of [e]
  (cond
    (compile-error? e)     (report-text (compile-report e))
    (instance? js/Error e) (str (.-message e))
    :else                  (pr-str e)))

(defn- details
  "What is shown beside a thrown value's type and message: `{:source :frames :data :cause}`; nothing for an error whose message
  says it all."
  [e]
  (when-not (or (own-type e) (compile-error? e))
    {:frames (stack/lines e)
     :source (source-lines e)
     :data   (some-> (ex-data e) pr-str)
     :cause  (when (instance? js/Error e) (or (ex-cause e) (.-cause e)))}))

(defn text
  "A thrown value in full: type, message, data, the line that it comes from, stack, and the same of its causes. `type` stands
  for the value's own."
  ([e]
   (let [e (unwrap e)]
     (text e (when-not (compile-error? e) (error-type e)))))
  ([e type]
   (let [e (unwrap e)
         {:keys [source frames data cause]} (details e)]
     (str (when type (str type ": "))
          (message-of e)
          (when data (str " " data))
          (apply str (map #(str "\n  " %) source))
          (apply str (map #(str "\n    at " %) frames))
          (when cause (str "\nCaused by: " (text cause)))))))

(defn ->json
  "A thrown value as Lambda's error object: errorType, errorMessage and stackTrace, with errorSource (the line that it comes from),
  errorData (EDN) and cause where the error has them. `type` stands for the value's own."
  ([e] (->json e (error-type e)))
  ([e type]
   (let [{:keys [source frames data cause]} (details e)
         o #js {:errorType type :errorMessage (message-of e) :stackTrace (into-array frames)}]
     (when source (unchecked-set o "errorSource" (into-array source)))
     (when data  (unchecked-set o "errorData" data))
     (when cause (unchecked-set o "cause" (->json cause)))
     o)))
