(ns lumo.impl.compiler
  "Reads, compiles and evaluates ClojureScript, and loads namespaces.

  One form goes through cljs.js/eval, whose evaluation hook hands its JavaScript to a unit (lumo.impl.script). Everything is
  synchronous. The forms of a source are fed from a loop, so their number does not grow the stack; a namespace that is required
  is loaded inside the form that requires it, so a chain of hundreds of requires does.

  A namespace is looked for in this order: loaded already, bundled, class path (`.cljs` `.cljc` `.js`; for macros `.clj`
  `.cljc`), npm. One of the class path that the compile cache has (lumo.impl.cache) is loaded from there."
  (:require
   [cljs.analyzer :as ana]
   [cljs.compiler :as comp]
   [cljs.env :as env]
   [cljs.js :as cljs]
   [cljs.tagged-literals :as tags]
   [cljs.tools.reader :as r]
   [cljs.tools.reader.reader-types :as rt]
   [clojure.string :as string]
   [lumo.impl.analysis :as analysis]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.emit :as emit]
   [lumo.impl.error :as error]
   [lumo.impl.javascript :as javascript]
   [lumo.impl.keep :as keep]
   [lumo.impl.npm :as npm]
   [lumo.impl.sample :as sample]
   [lumo.impl.script :as script]
   [lumo.impl.text :as text]))

(defonce state
  ;; The compiler's state: an atom, as cljs.js wants it.
  (cljs/empty-state))

(defonce options
  ;; What the command line chose: :static-fns :fn-invoke-direct :elide-asserts :checked-arrays :verbose
  (atom {:target :nodejs}))

(def ^:dynamic ^:private *loading*
  "The namespaces whose source is being loaded, outermost first, to tell a circular dependency."
  [])

(defonce warn!
  ;; What is done with the text of a compiler warning.
  (atom (fn [text]
          (binding [*print-fn* *print-err-fn*]
            (println (str "WARNING: " text))))))

(defonce on-load!
  ;; Called with a namespace's name and its file before that is read; nil: nobody asks.
  (atom nil))

(def ^:dynamic ^:private *record*
  "What is written down while a namespace is compiled to be kept: an atom of {:warnings [text], :tags {tag reader}}, or nil."
  nil)

(declare load! load-js! load-lib ns-map ns-value require-ns! take-over-cached!)

;; -- one form ----------------------------------------------------------------------------------------------------------

(defn- eval-form
  "Analyzes and emits `form` in namespace `ns`; `emit!` gets the JavaScript and the form's places, as often as
  cljs.js evaluates something for it. Returns cljs.js's result map; throws what cljs.js reports as :error."
  [form ns opts emit!]
  (take-over-cached!)
  (let [result (volatile! nil)]
    (emit/recording
      #(cljs/eval state form
         (merge (dissoc @options :verbose) opts
           {:ns ns
            :source-map true
            :load load-lib
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

(defn- without-macros-suffix [ns-sym]
  (symbol (string/replace (str ns-sym) #"\$macros$" "")))

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
    (swap! state update-in [::ana/namespaces macros-ns :use-macros] assoc (second form) (without-macros-suffix macros-ns))
    result))

(defn- ns-form? [form]
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

(defn- data-reader-name
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
        (require-ns! (symbol (namespace sym)))
        (ns-value sym))))

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
            *ns*              (create-ns (without-macros-suffix ns))
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
  (take-over-cached!)
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

;; -- a namespace ---------------------------------------------------------------------------------------------------------

(def ns->path cache/ns->path)

(def source-paths-of cache/source-paths-of)

(defn- bundled-deps
  "The bundled namespaces that must be there before `ns-sym` is: of a macro namespace, whose code is yet to be evaluated, all it
  requires; of an ordinary one, whose code is in the snapshot, its own macros."
  [ns-sym {:keys [requires require-macros]}]
  (let [macros (map ana/macro-ns-name (vals require-macros))]
    (filter bundled/bundled?
      (if (bundled/code? ns-sym)
        (remove #{ns-sym} (concat (vals requires) macros))
        (filter #{(ana/macro-ns-name ns-sym)} macros)))))

(defn- tell-loading! [aname from]
  (when (:verbose @options)
    (binding [*print-fn* *print-err-fn*]
      (println "loading" (str aname) "from" from))))

(defonce recorder
  ;; Called with each namespace of the class path, and each file of JavaScript, when it has been loaded: a map of :ns, its name,
  ;; :resource (nil of what is bundled), :js? true of JavaScript, and :forms, a JS array of #js [javascript places].
  ;; nil: nobody wants to know.
  (atom nil))

(defn- tell-recorder! [aname resource kind forms]
  (when @recorder
    (@recorder {:ns aname :resource resource :js? (= :js kind) :forms forms})))

(defn- load-javascript!
  "Loads a library that is JavaScript with `load`, one of lumo.impl.javascript's. The compiler has no analysis of it; that the
  name is one is enough to refer to it. `kind` is what the cache calls it."
  [kind load name]
  (when-let [known (load name
                     {:require! #(load-js! % (str name))
                      :run!     (fn [js-text file resource]
                                  (script/run-text! js-text file)
                                  (tell-recorder! name resource :js #js [#js [js-text nil]]))})]
    (swap! state update :js-dependency-index assoc (str name) known)
    (cache/loaded! name kind (constantly ""))
    true))

(defn- load-bundled! [ns-sym]
  (when-not (get-in @state [::ana/namespaces ns-sym :name])
    (tell-loading! ns-sym "lumo itself")
    (let [ns-map (bundled/ns-analysis ns-sym)]
      (swap! state assoc-in [::ana/namespaces ns-sym] ns-map)
      (run! load-bundled! (bundled-deps ns-sym ns-map))
      (when (bundled/code? ns-sym)
        (run! #(load-javascript! "goog" javascript/load-closure! %)
          (remove bundled/bundled? (distinct (vals (:requires ns-map)))))
        (script/run-text! (bundled/code ns-sym) (str "lumo/" ns-sym ".js"))))))

(defn- circular! [path name]
  (throw (ex-info (str "Circular dependency: " (string/join " -> " (conj path name)))
           {:tag :cljs/analysis-error})))

(defn- code-options
  "All that shapes the code of a namespace besides its source."
  []
  (cond-> (dissoc @options :verbose)
    *warn-on-infer*    (assoc :warn-on-infer true)
    *unchecked-if*     (assoc :unchecked-if true)
    *unchecked-arrays* (assoc :unchecked-arrays true)
    (not *assert*)     (assoc :elide-asserts true)))

(defn- tell-not-kept! [aname]
  (fn [e]
    (when (:verbose @options)
      (binding [*print-fn* *print-err-fn*]
        (println "not kept in the cache:" (str aname) (ex-message e))))))

(defn- analysis-to-keep [ns-sym]
  (binding [env/*compiler* state]
    (ana/dump-specs ns-sym))
  (get-in @state [::ana/namespaces ns-sym]))

(defn- compile-and-keep!
  "Compiles and loads a namespace, and puts it into the cache."
  [{:keys [file read] :as resource} aname macros?]
  (let [bytes      (read)
        unit       (script/unit file)
        start      (script/next-line unit)
        parts      #js []
        own-macros #js []
        names      (volatile! #{})
        record     (atom {:warnings [] :tags {}})]
    (binding [*record* record]
      (eval-source (.toString bytes "utf8")
        {:file file :macros? macros? :at-once? true
         :collect #(.push parts %1) :collect-macros #(.push own-macros %) :entered #(vswap! names conj %)}))
    (if (= #{aname} @names)
      (let [macros-ns (when (pos? (alength own-macros)) (ana/macro-ns-name aname))]
        (keep/keep! {:aname      aname
                     :macros?    macros?
                     :resource   resource
                     :bytes      bytes
                     :js-text    (.join parts "\n")
                     :script     (script/run-since start)
                     :places     (script/places-since unit start)
                     :macros     (when macros-ns (.join own-macros "\n"))
                     :macros-analysis (some-> macros-ns ns-map)
                     :own-macros macros-ns
                     :ns-map     (analysis-to-keep aname)
                     :tags       (:tags @record)
                     :warnings   (:warnings @record)
                     :tell       (tell-not-kept! aname)}))
      ;; A file of several namespaces, or of another one than its name says.
      (cache/changed! aname))))

(defn- load-source! [{:keys [file] :as resource} aname macros?]
  (tell-loading! aname (text/shown-path file))
  (cache/forget! aname)
  (when (some #{aname} *loading*)
    (circular! (vec (drop-while #(not= aname %) *loading*)) aname))
  (when-let [tell! @on-load!]
    (tell! aname file))
  (binding [*loading* (conj *loading* aname)]
    (when-not (= 'cljs.core aname)
      (swap! state update ::ana/namespaces dissoc aname))
    (cond
      @recorder       (let [forms #js []]
                        (eval-source (classpath/text resource)
                          {:file file :macros? macros? :collect (fn [js-text places] (.push forms #js [js-text places]))})
                        (tell-recorder! aname resource :cljs forms))
      (cache/active?) (compile-and-keep! resource aname macros?)
      :else           (eval-source (classpath/text resource) {:file file :macros? macros?}))))

;; -- a namespace from the cache ------------------------------------------------------------------------------------------------

(defn- take-over-own-macros!
  "Makes the macros that a namespace defines for itself, or brings in a file beside its own, ready for what is compiled next."
  [ns-sym ^js entry file {:keys [require-macros]}]
  (let [macros-ns (ana/macro-ns-name ns-sym)]
    (cond
      (contains? @cljs/*loaded* macros-ns) nil

      (.has entry "macros")
      (do (swap! state assoc-in [::ana/namespaces macros-ns] (analysis/read-ns (.slices entry "macros-analysis")))
          (script/run-text! (.text entry "macros") file)
          (swap! cljs/*loaded* conj macros-ns))

      (some #{ns-sym} (vals require-macros))
      (do (load! ns-sym true)
          (swap! cljs/*loaded* conj macros-ns)))))

(defn- take-over-deps! [^js entry]
  (doseq [dep (.. entry -head -deps)
          :let [kind (aget dep 0)
                lib  (aget dep 1)]]
    (case kind
      "bundled" (load-bundled! (symbol lib))
      "goog"    (load! (symbol lib) false) ; one that the snapshot has was not loaded
      nil)))

(defn- take-over!
  "Makes the compiler know one namespace that was loaded without it."
  [^js loaded]
  (let [name        (.-name loaded)
        ^js entry   (.-entry loaded)
        ^js slices  (some-> entry (.slices "analysis"))]
    (swap! cljs/*loaded* conj name)
    (cond
      (.-js loaded) nil

      (nil? slices) ; damaged since it was loaded
      (load-source! (cache/find-source (without-macros-suffix name) (.-macros loaded)) name (.-macros loaded))

      :else
      (let [known (analysis/read-ns slices)]
        (swap! state assoc-in [::ana/namespaces name] known)
        (take-over-deps! entry)
        (when-not (.-macros loaded)
          (take-over-own-macros! name entry (.-file loaded) known))
        (binding [env/*compiler* state]
          (ana/register-specs known))
        (.drop entry)))))

(defn- take-over-cached!
  "Makes the compiler know what has been loaded from the cache."
  []
  (run! take-over! (cache/take-unknown!)))

(defn- find-cached [name macros?]
  (when (cache/active?)
    (cache/set-options! (code-options))
    (cache/find-entry name macros? (empty? *loading*))))

(defn- load-cached!
  "Loads a namespace from the cache; nil where that has none that holds."
  [name macros?]
  (when-let [found (find-cached name macros?)]
    (cache/load-entry! found)
    (take-over-cached!)
    true))

(defn- path->ns-name [path]
  (-> path (string/replace #"\.clj[cs]?$" "") (string/replace "/" ".") (string/replace "_" "-")))

(defn not-found-text
  "What to say of a namespace that is nowhere: what was looked for, where, and the nearest name that exists."
  [ns-sym macros?]
  (str "cannot find " (if macros? "the macro namespace " "namespace ") ns-sym ": no "
       (string/join ", " (source-paths-of ns-sym macros?))
       " in " (string/join ", " (map text/shown-path (classpath/paths)))
       (text/did-you-mean (str ns-sym)
         ;; a macro namespace may be missing where its ordinary one is there
         (remove #{(str ns-sym)} (concat (map str (bundled/names)) (map path->ns-name (classpath/source-paths)))))))

(defn- find-source
  "The source of a namespace. What a macro namespace requires may be a `.clj` of functions."
  [name macros?]
  (or (cache/find-source name macros?)
      (when (and (not macros?) (some-> (peek *loading*) str (string/ends-with? "$macros")))
        (classpath/find-first [(str (ns->path name) ".clj")]))))

(defn- load!
  "Loads a namespace from where it is found first; nil where it is nowhere."
  [name macros?]
  (let [aname (cond-> name macros? ana/macro-ns-name)]
    (cond
      (bundled/bundled? aname)
      (do (load-bundled! aname) true)

      (and (not macros?) (load-javascript! "goog" javascript/load-closure! name))
      true

      (load-cached! name macros?) true

      :else
      (let [resource (find-source name macros?)]
        (cond
          (and resource (not (string/ends-with? (:path resource) ".js")))
          (do (load-source! resource aname macros?) true)

          (and (not macros?) (load-javascript! "js" javascript/load-described! name))
          true

          resource
          (load-javascript! "js" #(javascript/load-resource! resource %2) name))))))

(defn- load-js!
  "Loads what a file of JavaScript requires; `by` is the name of that file's library."
  [name by]
  (when-not (load! name false)
    (throw (ex-info (str by " needs " (not-found-text name false)) {:tag :cljs/analysis-error}))))

(defonce ^:private last-failure
  ;; The name and the error of the namespace that could not be loaded last.
  (volatile! nil))

(defn- earlier-failure
  "After a clojure.x that could not be loaded, whatever the reason, cljs.js asks for cljs.x: the error of clojure.x, where
  `name` is that cljs.x."
  [name]
  (let [[failed error] @last-failure]
    (vreset! last-failure nil)
    (when (and failed (not= failed name) (= name (ana/clj-ns->cljs-ns failed)))
      error)))

(defn- load-lib
  "cljs.js's load hook. It loads the namespace itself and answers that there is nothing left to do. It throws where the namespace
  is nowhere to be found."
  [{:keys [name macros]} callback]
  (when (empty? @cljs/*loaded*) ; :reload-all has forgotten what is loaded
    (cache/forget-all!))
  (let [earlier (earlier-failure name)]
    (try
      ;; A clojure.x that is there, and wrong, is not made up for by a cljs.x.
      (when-not (and (or (nil? earlier) (::not-found (ex-data earlier)))
                     (load! name macros))
        (throw (or earlier
                   (ex-info (not-found-text name macros) {:tag :cljs/analysis-error ::not-found true}))))
      (catch :default e
        (vreset! last-failure [name e])
        (throw e))))
  (callback {:lang :js :source ""}))

(defn- load-without-compiler!
  "Loads a namespace from the cache, which leaves the compiler asleep; nil where that cannot be."
  [ns-sym]
  (when-not (or (bundled/bundled? ns-sym) (cache/kind-of-loaded ns-sym))
    (when-let [found (find-cached ns-sym false)]
      (cache/load-entry! found)
      true)))

(defn npm-lib?
  "True where `lib`, a string, names a module of Node's or of npm."
  [lib]
  (boolean (cache/npm? lib)))

(defn require-ns!
  "Requires a namespace, as `(require 'ns-sym)` in cljs.user would."
  [ns-sym]
  (or (load-without-compiler! ns-sym)
      (eval-form (list 'require (list 'quote ns-sym)) 'cljs.user {}
        (let [unit (script/unit "lumo/require")]
          (fn [js-text _] (script/add! unit js-text nil) (script/flush! unit))))))

(defn ns-value
  "The value of a var, by its qualified symbol; `js/undefined` where there is no such var or namespace."
  [sym]
  (if-some [o (js/goog.getObjectByName (comp/munge (namespace sym)))]
    (unchecked-get o (comp/munge (name sym)))
    js/undefined))

(defn var-getter
  "A function that gives the value that a var has when it is called."
  [sym]
  (let [holder (js/goog.getObjectByName (comp/munge (namespace sym)))
        key    (comp/munge (name sym))]
    (fn [] (unchecked-get holder key))))

(defn ns-map
  "What the compiler knows of a namespace, or the cache that it was loaded from."
  [ns-sym]
  (or (get-in @state [::ana/namespaces ns-sym])
      (some-> ^js (cache/entry-of ns-sym) (.slices "analysis") analysis/read-ns)))

(defn enter-ns!
  "Makes the namespace be there, empty where it is not yet."
  [ns-sym]
  (when-not (:name (ns-map ns-sym))
    (swap! state assoc-in [::ana/namespaces ns-sym :name] ns-sym)
    (js/goog.constructNamespace_ (comp/munge (str ns-sym))))
  nil)

(defn offer!
  "Has the names of `:uses` and `:use-macros`, maps of name to namespace, be known in `ns-sym`, where it has none of its own."
  [ns-sym {:keys [uses use-macros]}]
  (let [{:keys [defs] :as here} (ns-map ns-sym)
        taken?  (fn [sym] (or (contains? defs sym) (get-in here [:uses sym]) (get-in here [:use-macros sym])))
        missing (fn [names] (into {} (remove (comp taken? key)) names))]
    (swap! state update-in [::ana/namespaces ns-sym]
      #(-> %
           (update :uses merge (missing uses))
           (update :use-macros merge (missing use-macros))))
    nil))

(defn retract!
  "Has `sym` no longer refer to what `from` offers, since `ns-sym` is about to define one of its own."
  [ns-sym sym from]
  (doseq [kind [:uses :use-macros]]
    (when (= from (get-in (ns-map ns-sym) [kind sym]))
      (swap! state update-in [::ana/namespaces ns-sym kind] dissoc sym))))

(defn ns-names
  "The namespaces that are loaded, those of macros with their $macros suffix, and the bundled ones that are there for the asking."
  []
  (distinct (concat (keys (::ana/namespaces @state)) (bundled/names))))

(defn seen-keywords
  "The keywords in all code that this process has compiled, sorted."
  []
  (->> (vals (::ana/namespaces @state))
       (mapcat #(get-in % [::ana/constants :seen]))
       (filter keyword?)
       distinct
       sort))

(defn defined-names
  "The names defined in a namespace, as symbols."
  [ns-sym]
  (analysis/defined-names (:defs (ns-map ns-sym))))

(defn var-meta
  "The metadata of a var, by its qualified symbol, as the compiler knows it."
  [sym]
  (get-in (ns-map (symbol (namespace sym))) [:defs (symbol (name sym)) :meta]))

;; -- warming up -----------------------------------------------------------------------------------------------------------

(defn warm-up!
  "Compiles the sample, evaluating nothing, and forgets it."
  []
  (let [reader (rt/indexing-push-back-reader sample/text 1 "warm-up")]
    (loop [ns 'cljs.user]
      (let [form (read-form reader ns)]
        (when-not (identical? form eof)
          (let [result (eval-form form ns {} (fn [_ _] nil))]
            (recur (if (ns-form? form) (:ns result) ns)))))))
  (swap! state update ::ana/namespaces dissoc 'lumo.warm-up)
  nil)

(defn- of-javascript?
  "True of a warning that a name of JavaScript is not known, where its library has been loaded: the compiler knows by its whole name
  what is required, not what is imported."
  [type {:keys [ns-sym prefix]}]
  (and (#{:undeclared-ns :undeclared-var} type)
       (contains? (:js-dependency-index @state) (str (or ns-sym prefix)))))

;; -- set up --------------------------------------------------------------------------------------------------------------

(defn init!
  "Prepares the compiler. Done once, before the snapshot is taken."
  []
  ;; ClojureScript comes before npm.
  (set! ana/node-module-dep? cache/npm?)
  (reset! cache/hooks
    {:bundled load-bundled!
     :js      #(load! (symbol %) false)
     :warn    #(@warn! %)
     :tell    #(tell-loading! %1 (str "the cache in " (text/shown-path %2)))
     :reader  data-reader-name})
  ;; Each namespace is provided as often as it is evaluated; the order of loading is ours, not goog's.
  (js/$lumo.closure.install)
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
  (doseq [ns-sym '[cljs.core cljs.core$macros]]
    (load-bundled! ns-sym))
  ;; The namespace that programs start in.
  (js/goog.provide "cljs.user")
  (set! *ns* (create-ns 'cljs.user))
  (set! *eval* eval-value)
  ;; cljs.core turned this off when it found a console; our print functions want the line ends.
  (set! *print-newline* true)
  (warm-up!))
