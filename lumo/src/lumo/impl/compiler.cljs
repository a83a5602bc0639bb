(ns lumo.impl.compiler
  "Reads, compiles and evaluates ClojureScript.

  One form goes through cljs.js/eval, whose evaluation hook hands its JavaScript to a unit (lumo.impl.script). Everything is
  synchronous. The forms of a source are fed from a loop, so their number does not grow the stack; a namespace that is required
  is loaded inside the form that requires it (lumo.impl.loader), so a chain of hundreds of requires does."
  (:require
   [cljs.analyzer :as ana]
   [cljs.compiler :as comp]
   [cljs.env :as env]
   [cljs.js :as cljs]
   [cljs.tagged-literals :as tags]
   [cljs.tools.reader :as r]
   [cljs.tools.reader.reader-types :as rt]
   [clojure.string :as string]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.emit :as emit]
   [lumo.impl.error :as error]
   [lumo.impl.namespaces :as namespaces :refer [state]]
   [lumo.impl.script :as script]))

(defonce options
  ;; What the command line chose: :static-fns :fn-invoke-direct :elide-asserts :checked-arrays :verbose
  (atom {:target :nodejs}))

(defonce warn!
  ;; What is done with the text of a compiler warning.
  (atom (fn [text]
          (binding [*print-fn* *print-err-fn*]
            (println (str "WARNING: " text))))))

(def ^:dynamic *record*
  "What is written down while a namespace is compiled to be kept: an atom of {:warnings [text], :tags {tag reader}}, or nil."
  nil)

(defonce loading
  ;; What lumo.impl.loader does for a form: :load is cljs.js's load hook; :require! loads a namespace; :catch-up! is called before
  ;; anything is compiled.
  (atom nil))

;; -- one form ----------------------------------------------------------------------------------------------------------

(defn eval-form
  "Analyzes and emits `form` in namespace `ns`; `emit!` gets the JavaScript and the form's places, as often as
  cljs.js evaluates something for it. Returns cljs.js's result map; throws what cljs.js reports as :error."
  [form ns opts emit!]
  ((:catch-up! @loading))
  (let [result (volatile! nil)]
    (emit/recording
      #(cljs/eval state form
         (merge (dissoc @options :verbose) opts
           {:ns ns
            :source-map true
            :load (:load @loading)
            :eval (fn [{:keys [source]}]
                    (emit! source (emit/take-places!)))})
         (fn [r] (vreset! result r))))
    (when-let [e (:error @result)]
      (throw e))
    @result))

(defn- placed
  "The error `e` with the place of the top-level form that it came from, where nothing in it knows a place: the compiler gives
  none for a namespace that cannot be found."
  [e form file]
  (let [{:keys [line column]} (meta form)]
    (if (and line (error/compile-error? e) (not (:line (error/compile-report e))))
      (ex-info nil {:tag :cljs/analysis-error :file file :line line :column column} e)
      e)))

;; A macro in the file that uses it. ClojureScript keeps macros in a namespace of their own, ns$macros; a defmacro in an
;; ordinary namespace is evaluated there, and referred to from here.

(defn- defmacro-form? [form]
  (and (seq? form) (= 'defmacro (first form)) (symbol? (second form))))

(defn- share-with-macros!
  "Makes everything that `ns` requires, refers to and defines known in its macro namespace, so that a macro's own code can use
  it."
  [ns macros-ns]
  (swap! state update ::ana/namespaces
    (fn [namespaces]
      (let [here (get namespaces ns)]
        (update namespaces macros-ns
          (fn [there]
            (merge-with #(if (map? %2) (merge %1 %2) %2)
              {:name macros-ns :defs {}}
              there
              (select-keys here [:requires :require-macros :uses :use-macros :renames :rename-macros :imports :excludes])
              {:uses (zipmap (keys (:defs here)) (repeat ns))})))))))

(defn- eval-macro!
  "Evaluates a defmacro of namespace `ns` now, so that the next form can use it. `collect` is given its JavaScript."
  [form ns opts collect]
  (let [macros-ns (ana/macro-ns-name ns)
        unit      (script/unit ana/*cljs-file*)
        emit!     (fn [js-text places]
                    (when collect (collect js-text places))
                    (script/add! unit js-text places))]
    (share-with-macros! ns macros-ns)
    (emit! (str "goog.provide(\"" (comp/munge macros-ns) "\");") nil)
    (eval-form form macros-ns opts emit!)
    (script/flush! unit)
    (swap! state update-in [::ana/namespaces ns] update :use-macros assoc (second form) ns)
    (swap! state update-in [::ana/namespaces ns] update :require-macros assoc ns ns)
    (swap! cljs/*loaded* conj macros-ns)
    nil))

(defn- eval-own-macro!
  "Evaluates a defmacro of a macro namespace, whose later functions and macros may use it."
  [form macros-ns opts emit-and-run!]
  (let [result (eval-form form macros-ns opts emit-and-run!)]
    (swap! state update-in [::ana/namespaces macros-ns :use-macros] assoc (second form) (namespaces/without-macros-suffix macros-ns))
    result))

(defn ns-form?
  "True of a form that changes what the namespace it is in requires, or enters another."
  [form]
  (and (seq? form)
       (contains? '#{ns ns* require use import require-macros use-macros refer-clojure refer-global require-global}
         (first form))))

;; -- reading ----------------------------------------------------------------------------------------------------------

(defn- referred-macro
  "The qualified name of a macro that the current namespace refers to by `sym`; the compiler resolves functions alone."
  [sym]
  (let [{:keys [use-macros rename-macros]} (get-in @state [::ana/namespaces ana/*cljs-ns*])]
    (or (get rename-macros sym)
        (when-let [from (get use-macros sym)]
          (symbol (str from) (str sym))))))

(defn- resolve-for-syntax-quote [sym]
  (if (string/starts-with? (str sym) ".")
    sym
    (let [resolved (or (referred-macro sym) (ana/resolve-symbol sym))]
      (symbol (some-> (namespace resolved) (string/replace #"\$macros$" "")) (name resolved)))))

(defn- aliases
  "What stands before a slash for which namespace in the code of `ns-sym`."
  [ns-sym]
  (into {} (remove (fn [[k v]] (= k v)))
    (binding [env/*compiler* state]
      (ana/get-aliases ns-sym))))

(def ^:private eof (js-obj))

(defn data-reader-name
  "The function that the data_readers files of the class path name for a tag, as a qualified symbol, or nil."
  [tag]
  (some #(get (r/read-string (classpath/text %)) tag)
    (mapcat classpath/all-of ["data_readers.cljs" "data_readers.cljc"])))

(defn- data-reader
  "The function for a tagged literal: the language's own or, its namespace loaded now, one of the class path's."
  [tag]
  (or (get tags/*cljs-data-readers* tag)
      (when-let [sym (data-reader-name tag)]
        (when *record* (swap! *record* assoc-in [:tags tag] sym))
        ((:require! @loading) (symbol (namespace sym)))
        (namespaces/ns-value sym))))

(defn- unclosed-string
  "A string without its end takes in the rest of the file: the reader then knows only where the file ends, and repeats all of it.
  Any other error of the reader's is left as it is."
  [e line]
  (if (and (= :eof (:ex-kind (ex-data e))) (string/includes? (ex-message e) "reading string"))
    (ex-info "a string is not closed: it is in the form that starts here, or in one after it"
      {:tag :cljs/analysis-error :file ana/*cljs-file* :line line :column 1})
    e))

(defn- line-of-next-form
  "Skips white space and tells the line that the reader is in then."
  [reader]
  (while (some-> (rt/peek-char reader) string/blank?)
    (rt/read-char reader))
  (rt/get-line-number reader))

(defn- read-form
  "The next form of `reader`, read as code of namespace `ns`, or `eof`."
  [reader ns]
  (binding [env/*compiler*    state
            ana/*cljs-ns*     ns
            *ns*              (create-ns (namespaces/without-macros-suffix ns))
            r/*alias-map*     (aliases ns)
            r/*data-readers*  data-reader
            r/resolve-symbol  resolve-for-syntax-quote]
    (let [line (line-of-next-form reader)]
      (try
        (r/read {:eof eof :read-cond :allow :features #{:cljs}} reader)
        (catch :default e
          (throw (unclosed-string e line)))))))

;; -- a source ----------------------------------------------------------------------------------------------------------

(defn- keeping-file-settings
  "Calls `f`; what it sets of the compiler's switches, as `(set! *warn-on-infer* true)` at a file's top does, ends with it."
  [f]
  (let [infer *warn-on-infer* unchecked-if *unchecked-if* unchecked-arrays *unchecked-arrays*]
    (try
      (f)
      (finally
        (set! *warn-on-infer* infer)
        (set! *unchecked-if* unchecked-if)
        (set! *unchecked-arrays* unchecked-arrays)))))

(defn- eval-value
  "The value of one form, evaluated in the current namespace: what `cljs.core/eval` does. cljs.js's own works only while
  something is being compiled."
  [form]
  (let [unit (script/unit "<eval>")]
    (try
      (:value (eval-form form (ns-name *ns*) {:context :expr :def-emits-var true}
                (fn [js-text places]
                  (script/add! unit js-text places)
                  (script/flush! unit))))
      (catch :default e
        (throw (error/unwrap e))))))

(defn eval-source
  "Reads and evaluates every form of `text`. Options:

    :file     the source's name, in errors and stack frames
    :ns       the namespace to start in (default cljs.user)
    :macros?  the source is a macro namespace
    :script?  evaluate form by form, in order; without it or :each the source is a namespace: its forms are evaluated
              together, after the last one is compiled
    :each     the same, and call this with the value of each form; an expression's value costs time, so a script has none
    :collect  called with each form's JavaScript and its places (to keep a compiled namespace)
    :collect-macros  called with the JavaScript of each macro that the namespace defines for itself
    :entered  called with the name of the namespace after each form
    :at-once? evaluate even the ns form together with the rest, as one script

  Returns the namespace that the source ended in."
  [text {:keys [file ns macros? script? each collect collect-macros entered at-once?] :or {ns 'cljs.user}}]
  ((:catch-up! @loading))
  (let [unit   (script/unit file)
        reader (rt/indexing-push-back-reader text 1 file)
        opts   (cond-> {} macros? (assoc :macros-ns true))
        emit!  (fn [js-text places]
                 (when collect (collect js-text places))
                 (script/add! unit js-text places)
                 nil)
        emit-and-run! (fn [js-text places]
                        (emit! js-text places)
                        (script/flush! unit))]
    (keeping-file-settings
      #(binding [ana/*cljs-file*     file
                 ana/*cljs-warnings* ana/*cljs-warnings*]
         (loop [ns ns]
           (let [form (read-form reader ns)]
             (if (identical? form eof)
               (do (script/flush! unit) ns)
               (let [result (try
                              (cond
                                (defmacro-form? form)
                                (do (script/flush! unit)
                                    (if macros?
                                      (eval-own-macro! form ns opts emit-and-run!)
                                      (eval-macro! form ns opts collect-macros)))

                                each  (eval-form form ns (assoc opts :context :expr :def-emits-var true) emit-and-run!)
                                :else (eval-form form ns opts emit!))
                              (catch :default e
                                (throw (placed e form file))))
                     ns'    (if (ns-form? form) (or (:ns result) ns) ns)]
                 (when (or script? (and (ns-form? form) (not (and at-once? (= 'cljs.user ns)))))
                   (script/flush! unit))
                 (when (or script? each)
                   (cache/changed! ns'))
                 (when entered (entered ns'))
                 (when each
                   (each (:value result)))
                 (recur ns')))))))))

;; -- a form at a time, for a REPL --------------------------------------------------------------------------------------------

(defn form-reader
  "A reader of the forms of `text`, the source called `file`."
  [text file]
  (rt/indexing-push-back-reader text 1 file))

(defn next-form
  "The next form of `reader`, read as code of namespace `ns`; `no-form?` is true of it where there is none left."
  [reader ns file]
  (binding [ana/*cljs-file* file]
    (read-form reader ns)))

(defn no-form?
  "True of what `next-form` returns at the end."
  [form]
  (identical? form eof))

(defn eval-one!
  "Evaluates one form in namespace `ns`; `{:value :ns}`, the namespace being the one that it ended in."
  [form ns file]
  (let [unit (script/unit file)]
    (binding [ana/*cljs-file* file]
      (try
        (if (defmacro-form? form)
          (do (eval-macro! form ns {} nil)
              {:value (symbol (str ns) (str (second form))) :ns ns})
          (let [result (eval-form form ns {:context :expr :def-emits-var true}
                         (fn [js-text places]
                           (script/add! unit js-text places)
                           (script/flush! unit)))]
            {:value (:value result)
             :ns    (if (ns-form? form) (or (:ns result) ns) ns)}))
        (catch :default e
          (throw (placed e form file)))))))

;; -- set up --------------------------------------------------------------------------------------------------------------

(defn- of-javascript?
  "True of a warning that a name of JavaScript is not known, where its library has been loaded: the compiler knows by its whole name
  what is required, not what is imported."
  [type {:keys [ns-sym prefix]}]
  (and (#{:undeclared-ns :undeclared-var} type)
       (contains? (:js-dependency-index @state) (str (or ns-sym prefix)))))

(defn init!
  "Prepares the compiler, but for what it loads."
  []
  (set! ana/*cljs-warning-handlers*
    [(fn [type env extra]
       (when (and (type ana/*cljs-warnings*) (not (of-javascript? type extra)))
         (when-let [message (ana/error-message type extra)]
           (let [warning (error/report-text
                           {:file ana/*cljs-file* :line (:line env) :column (:column env)
                            ;; a macro's namespace is known by its ordinary name
                            :message (string/replace message "$macros/" "/")})]
             (when *record* (swap! *record* update :warnings conj warning))
             (@warn! warning)))))])
  ;; A rule for code that the Closure compiler optimizes; a script or a function in one file need not follow it.
  (set! ana/*cljs-warnings* (assoc ana/*cljs-warnings* :single-segment-namespace false))
  (emit/install!)
  (swap! state assoc :options {:target :nodejs :optimizations :none})
  (set! *eval* eval-value))
