(ns lumo.impl.stack
  "Stack traces of ClojureScript names and of places in ClojureScript sources."
  (:require
   [clojure.string :as string]
   [lumo.impl.script :as script]
   [lumo.impl.text :as text]))

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

(defn- own-script?
  "True for the name under which the snapshot's code was loaded, and for those of what is loaded from the assets."
  [file]
  (or (= file "lumo.js") (some? (re-matches #"lumo/[^/]+\.js" file))))

(def ^:private own-names
  "What is not shown of the snapshot's frames: the interpreter, and the making of an error."
  #"^(lumo\.impl|lumo\.main|cljs\.js|cljs\.analyzer|cljs\.compiler|goog)[./]|^cljs\.core/(ExceptionInfo|ex-info)$")

(defn- own-frame
  "A frame inside the snapshot: the language's own functions are shown by name, the interpreter's are not shown."
  [function]
  (when-let [[_ ns-name] (some->> function clojure-name (re-matches #"(.+?)(\.[A-Z][^/]*)?/.+"))]
    (when-not (re-find own-names (clojure-name function))
      {:function (clojure-name function) :file (str (string/replace ns-name "." "/") ".cljs") :language? true})))

(defn- frame
  "What is shown of a call site, `{:function :file :line :column}`, or nil; `:language?` where it is ClojureScript's own."
  [^js site]
  (let [file     (or (.getFileName site) (.getEvalOrigin site))
        function (or (.getFunctionName site) (.getMethodName site))
        line     (.getLineNumber site)
        column   (.getColumnNumber site)]
    (cond
      (empty? file) nil ; a function of V8's, or what a debugger evaluates

      (own-script? file) (own-frame function)
      (= file js/$lumo.entry) nil

      (script/known? file)
      (merge {:function (some-> function clojure-name) :file file}
        (script/source-position file (dec line) (dec column)))

      ;; Node's own frames say nothing about the program.
      (string/starts-with? file "node:") nil

      :else {:function function :file (string/replace file #"^file://" "") :line line :column column})))

(defn- shown
  "The frames that tell of the program. Of consecutive ones of the language's own only the last is shown, the function that
  the program called; those behind the program's last frame called the program, and are not. A stack of nothing else is shown
  as it is."
  [frames]
  (let [programs (remove :language? frames)]
    (if (empty? programs)
      frames
      (->> (partition-by (comp boolean :language?) frames)
           (mapcat #(if (:language? (first %)) [(last %)] %))
           reverse
           (drop-while :language?)
           reverse))))

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
        (string/join "\n" (cons (header e) (map frame-text (shown (dedupe (keep frame sites))))))
        ;; Where the stack overflowed there may be no room for this; the error itself matters more.
        (catch :default _ "")))))

(defn lines
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

(defn source-place
  "The place `{:file :line :column}` of the innermost frame of an error's stack that is in a source compiled here, or nil."
  [e]
  (some (fn [line]
          (when-let [[_ shown line column] (re-matches #"(?:.*\()?(.+?):(\d+):(\d+)\)?" line)]
            (when-let [file (text/known-path shown script/known?)]
              {:file file :line (js/parseInt line) :column (js/parseInt column)})))
    (lines e)))
