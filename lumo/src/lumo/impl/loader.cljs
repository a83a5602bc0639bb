(ns lumo.impl.loader
  "Loads namespaces: those that are bundled, those of the class path, from their sources or from the compile cache (lumo.impl.cache), and
  what is JavaScript (lumo.impl.javascript).

  A namespace is looked for in this order: loaded already, bundled, class path (`.cljs` `.cljc` `.js`; for macros `.clj`
  `.cljc`), what npm packages add to that, npm."
  (:require
   [cljs.analyzer :as ana]
   [cljs.env :as env]
   [cljs.js :as cljs]
   [clojure.string :as string]
   [lumo.impl.analysis :as analysis]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.javascript :as javascript]
   [lumo.impl.keep :as keep]
   [lumo.impl.namespaces :as namespaces :refer [state]]
   [lumo.impl.sample :as sample]
   [lumo.impl.script :as script]
   [lumo.impl.text :as text]))

(def ^:dynamic ^:private *loading*
  "The namespaces whose source is being loaded, outermost first, to tell a circular dependency."
  [])

(defonce on-load!
  ;; Called with a namespace's name and its file before that is read; nil: nobody asks.
  (atom nil))

(declare load! load-js!)

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
  (when (:verbose @compiler/options)
    (binding [*print-fn* *print-err-fn*]
      (println "loading" (str aname) "from" from))))

(defonce recorder
  ;; Called with each namespace of the class path, and each file of JavaScript, when it has been loaded: a map of :ns, its name,
  ;; :resource (nil of what is bundled), :js? true of JavaScript, and :forms, a JS array of #js [javascript places].
  ;; nil: nobody wants to know.
  (atom nil))

(defn- tell-recorder! [library]
  (when @recorder
    (@recorder library)))

(defn- load-javascript!
  "Loads a library that is JavaScript with `load`, one of lumo.impl.javascript's. The compiler has no analysis of it; that the
  name is one is enough to refer to it. `kind` is what the cache calls it."
  [kind load name]
  (when-let [known (load name
                     {:require! #(load-js! % (str name))
                      :run!     (fn [js-text file resource]
                                  (script/run-text! js-text file)
                                  (tell-recorder! {:ns name :resource resource :js? true :forms #js [#js [js-text nil]]}))})]
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
  (cond-> (dissoc @compiler/options :verbose)
    *warn-on-infer*    (assoc :warn-on-infer true)
    *unchecked-if*     (assoc :unchecked-if true)
    *unchecked-arrays* (assoc :unchecked-arrays true)
    (not *assert*)     (assoc :elide-asserts true)))

(defn- tell-not-kept! [aname]
  (fn [e]
    (when (:verbose @compiler/options)
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
    (binding [compiler/*record* record]
      (compiler/eval-source (.toString bytes "utf8")
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
                     :macros-analysis (some-> macros-ns namespaces/ns-map)
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
                        (compiler/eval-source (classpath/text resource)
                          {:file file :macros? macros? :collect (fn [js-text places] (.push forms #js [js-text places]))})
                        (tell-recorder! {:ns aname :resource resource :forms forms}))
      (cache/active?) (compile-and-keep! resource aname macros?)
      :else           (compiler/eval-source (classpath/text resource) {:file file :macros? macros?}))))

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
      (load-source! (cache/find-source (namespaces/without-macros-suffix name) (.-macros loaded)) name (.-macros loaded))

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
       (string/join ", " (cache/source-paths-of ns-sym macros?))
       " in " (string/join ", " (map text/shown-path (classpath/paths)))
       (text/did-you-mean (str ns-sym)
         ;; a macro namespace may be missing where its ordinary one is there
         (remove #{(str ns-sym)} (concat (map str (bundled/names)) (map path->ns-name (classpath/source-paths)))))))

(defn- find-source
  "The source of a namespace. What a macro namespace requires may be a `.clj` of functions."
  [name macros?]
  (or (cache/find-source name macros?)
      (when (and (not macros?) (some-> (peek *loading*) str (string/ends-with? "$macros")))
        (classpath/find-first [(str (cache/ns->path name) ".clj")]))))

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

(defn require-ns!
  "Requires a namespace, as `(require 'ns-sym)` in cljs.user would."
  [ns-sym]
  (or (load-without-compiler! ns-sym)
      (compiler/eval-form (list 'require (list 'quote ns-sym)) 'cljs.user {}
        (let [unit (script/unit "lumo/require")]
          (fn [js-text _] (script/add! unit js-text nil) (script/flush! unit))))))

;; -- warming up -----------------------------------------------------------------------------------------------------------

(defn warm-up!
  "Compiles the sample, evaluating nothing, and forgets it."
  []
  (let [reader (compiler/form-reader sample/text "warm-up")]
    (loop [ns 'cljs.user]
      (let [form (compiler/next-form reader ns "warm-up")]
        (when-not (compiler/no-form? form)
          (let [result (compiler/eval-form form ns {} (fn [_ _] nil))]
            (recur (if (compiler/ns-form? form) (:ns result) ns)))))))
  (swap! state update ::ana/namespaces dissoc 'lumo.warm-up)
  nil)

;; -- set up --------------------------------------------------------------------------------------------------------------

(defn init!
  "Prepares the compiler and all that it loads by. Done once, before the snapshot is taken."
  []
  ;; ClojureScript comes before npm.
  (set! ana/node-module-dep? cache/npm?)
  (reset! cache/hooks
    {:bundled load-bundled!
     :js      #(load! (symbol %) false)
     :warn    #(@compiler/warn! %)
     :tell    #(tell-loading! %1 (str "the cache in " (text/shown-path %2)))
     :reader  compiler/data-reader-name})
  (reset! compiler/loading {:load load-lib :require! require-ns! :catch-up! take-over-cached!})
  ;; Each namespace is provided as often as it is evaluated; the order of loading is ours, not goog's.
  (js/$lumo.closure.install)
  (compiler/init!)
  (doseq [ns-sym '[cljs.core cljs.core$macros]]
    (load-bundled! ns-sym))
  ;; The namespace that programs start in.
  (js/goog.provide "cljs.user")
  (set! *ns* (create-ns 'cljs.user))
  ;; cljs.core turned this off when it found a console; our print functions want the line ends.
  (set! *print-newline* true)
  (warm-up!))
