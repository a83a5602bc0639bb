(ns lumo.impl.package
  "Compiles a function for a start without the compiler: what lumo.impl.lambda.packaged loads. `lumo-lambda package` runs it
  where the function lies at its place in the sandbox, and reads about.json, which says what the result follows from."
  (:require
   [cljs.compiler :as comp]
   [clojure.string :as string]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.error :as error]
   [lumo.impl.lambda :as lambda]
   [lumo.impl.lambda.event :as event]
   [lumo.impl.lambda.handler :as handler]
   [lumo.impl.lambda.load :as load]
   [lumo.impl.loader :as loader]
   [lumo.impl.namespaces :as namespaces]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

;; -- what was loaded ---------------------------------------------------------------------------------------------------------

(defn- recording
  "Calls `f`; returns what it returned and what it loaded, in order: maps as `loader/recorder` is given them."
  [f]
  (let [loaded (volatile! [])]
    (reset! loader/recorder
      (fn [library] (vswap! loaded conj library)))
    (try
      [(f) @loaded]
      (finally
        (reset! loader/recorder nil)))))

(defn- requires [ns-sym]
  (let [{:keys [requires uses]} (or (namespaces/ns-map ns-sym) (bundled/ns-analysis ns-sym))]
    (remove #{ns-sym} (concat (vals requires) (vals uses)))))

(defn- in-order
  "The names of all namespaces, bundled or of `own`, that those of `names` need when they run: each behind what it requires itself."
  [own names]
  (let [known? #(or (contains? own %) (bundled/bundled? %))
        visit  (fn visit [[seen order] ns-sym]
                 (if (or (seen ns-sym) (not (known? ns-sym)))
                   [seen order]
                   (let [[seen order] (reduce visit [(conj seen ns-sym) order] (sort-by str (requires ns-sym)))]
                     [seen (conj order ns-sym)])))]
    (second (reduce visit [#{} []] names))))

;; -- libraries that are JavaScript ----------------------------------------------------------------------------------------------

(defn- text-of [{:keys [forms]}]
  (aget forms 0 0))

(defn- goog-names
  "The names of the Closure library that the namespaces `names` and the `libraries` of JavaScript refer to."
  [names libraries]
  (distinct (filter #(string/starts-with? % "goog")
              (concat (map str (mapcat requires names))
                      (mapcat #(js/$lumo.closure.requires (text-of %)) libraries)))))

(defn- javascript
  "`:texts` of the `libraries` of JavaScript, in the order of their loading, behind what of the Closure library the snapshot of
  packaged functions is without; and `:goog`, the names of that library that must be there."
  [names libraries]
  (let [goog  (goog-names names libraries)
        texts (concat (js/$lumo.closure.missing (into-array goog)) (map text-of libraries))]
    {:texts texts
     :goog  (remove (into #{} (mapcat #(js/$lumo.closure.provides %)) texts) goog)}))

;; -- what cannot be packaged ---------------------------------------------------------------------------------------------------

(def ^:private compilers
  "Namespaces that are or need the compiler (stage2.js of the bundle has the same list)."
  #"^(cljs\.(js|analyzer|compiler|env|closure|repl|source-map|tagged-literals)|lumo\.(impl|repl|build|main))(\.|$)")

(defn- evaluates? [{:keys [forms]}]
  (some #(re-find #"\b(cljs\.core|lumo\.core)\.(eval\b|_STAR_eval_STAR_)" (aget % 0)) forms))

(defn- refusal
  "Why a function of these namespaces needs the compiler, or nil."
  [names own]
  (or (some #(when (and (re-find compilers (str %)) (not (bundled/in-runtime? %)))
               (str "namespace " % " needs the compiler"))
        names)
      (some #(when (evaluates? %) (str "namespace " (:ns %) " uses eval, which needs the compiler")) (keep own names))))

;; -- the script ------------------------------------------------------------------------------------------------------------------

(defn- lines-in [text]
  (.-length (.split text "\n")))

(defn- add-forms!
  "Adds the JavaScript of forms to `texts`, from `line` on; returns the line behind it and the segments."
  [texts line forms]
  (reduce
    (fn [[line segments] form]
      (let [js-text (aget form 0) places (aget form 1)]
        (.push texts js-text)
        (when places (.push segments #js [line places]))
        [(+ line (lines-in js-text)) segments]))
    [line #js []]
    forms))

(defn- shown [root file]
  (let [relative (.relative node-path root file)]
    (if (string/starts-with? relative "..") file relative)))

(defn- forms-of [own ns-sym]
  (or (:forms (own ns-sym))
      (when-not (bundled/in-runtime? ns-sym)
        #js [#js [(bundled/runtime-code ns-sym) nil]])))

(defn- value-text
  "What app.js ends in."
  [handler-sym {:lambda/keys [event response]}]
  (str "({handler: " (js/JSON.stringify (str handler-sym))
       ", event: " (js/JSON.stringify (some-> event name))
       ", response: " (js/JSON.stringify (some-> response name))
       ", value: " (comp/munge (namespace handler-sym)) "." (comp/munge (name handler-sym)) "})\n"))

(defn- escape-unicode
  "The text with escapes for what is not ASCII. V8 keeps a script with one such character at two bytes each."
  [text]
  (.replace text (js/RegExp. "[^\\x00-\\x7f]" "g")
    #(str "\\u" (.padStart (.toString (.charCodeAt % 0) 16) 4 "0"))))

(defn- script
  "`{:text :places}` of the namespaces in their order, behind the texts of `before`."
  [root before names own end]
  (let [texts (into-array before) files #js [] starts #js [] all #js []]
    (reduce
      (fn [line ns-sym]
        (let [[next segments] (add-forms! texts line (forms-of own ns-sym))]
          (when-let [file (:file (:resource (own ns-sym)))]
            (.push files (shown root file))
            (.push starts line)
            (.push all segments))
          next))
      (reduce + (map lines-in before))
      names)
    (.push texts end)
    {:text (escape-unicode (.join texts "\n")) :places #js {:files files :starts starts :segments all}}))

;; -- what it follows from ----------------------------------------------------------------------------------------------------------

(defn- jar? [path] (string/ends-with? path ".jar"))

(defn- candidates
  "Files that would be loaded in place of `file`, were they there."
  [aname file]
  (let [macros? (string/ends-with? (str aname) "$macros")
        ns-sym  (symbol (string/replace (str aname) #"\$macros$" ""))]
    (->> (for [path (cache/source-paths-of ns-sym macros?) dir (remove jar? (classpath/paths))]
           (.join node-path dir path))
         (take-while #(not= % file))
         (remove #(.existsSync fs %)))))

(defn- about [root handler-sym loaded goog]
  (let [loaded   (filter :resource loaded) ; the rest is bundled
        files    (distinct (concat (remove #(string/includes? % ".jar!/")
                                     (map :file (concat (map :resource loaded) (classpath/all-of "deps.cljs"))))
                             (filter #(and (jar? %) (.existsSync fs %)) (classpath/paths))))]
    #js {:handler (str handler-sym)
         :files   (into-array (map (fn [file] #js {:name (shown root file)}) files))
         :absent  (into-array (map #(shown root %)
                                (distinct (mapcat (fn [{:keys [ns resource]}] (candidates ns (:file resource))) loaded))))
         :goog    (into-array goog)}))

;; -- the whole -------------------------------------------------------------------------------------------------------------------------

(defn- compile! [handler-name out]
  (let [{:keys [task-root] :as places} (lambda/places)
        [handler loaded] (recording #(load/load! handler-name places))
        handler-sym      (handler/parse-name handler-name)
        own              (into {} (comp (remove :js?) (remove #(string/ends-with? (str (:ns %)) "$macros")) (map (juxt :ns identity)))
                           loaded)
        roots            (filter own (map :ns loaded))
        wanted           (set (in-order own [(symbol (namespace handler-sym))]))
        ;; what a program loads beside its requires counts in the order of its loading
        names            (filter wanted (in-order own roots))
        to               #(.writeFileSync fs (.join node-path out %1) %2)
        to-package       #(to (.join node-path ".lumo" %1) %2)]
    (event/event-reader (:event handler)) ; says so where there is no such form
    (if-let [reason (refusal names own)]
      (to "about.json" (js/JSON.stringify #js {:handler handler-name :refused reason}))
      (let [{:keys [texts goog]}  (javascript names (filter :js? loaded))
            {:keys [text places]} (script task-root texts names own (value-text handler-sym (namespaces/var-meta handler-sym)))]
        (to-package "app.js" text)
        (to-package "places.json" (js/JSON.stringify places))
        (to "builtins.json" (js/JSON.stringify (.describe js/$lumo.builtins)))
        (doseq [file ["runtime.js" "packaged.js"]]
          (to file (.text js/$lumo.assets (str "runtime/" file))))
        (to "about.json" (js/JSON.stringify (about task-root handler-sym loaded goog)))))))

(defn write!
  "Compiles the function of the handler named by `handler-name` into the folder `.lumo` of `out`, and puts what a snapshot of it is
  made with into `out`. Ends the process, whatever the function has
  begun: with 0; or with 1, the reason on stderr."
  [handler-name out]
  (try
    (compile! handler-name out)
    (.exit js/process 0)
    (catch :default e
      (let [e (error/unwrap e)]
        (js/process.stderr.write (str (error/text e) "\n") #(.exit js/process 1))))))
