(ns lumo.impl.cache
  "The compile cache: namespaces that were compiled before, found again only while they are what the compiler would make now.

  A cache is a folder, and a process has a list of them, the *layers*: the first may be written to, the others are read alone. The entry of
  a namespace is

      LAYER/COMPILER/OPTIONS/my-app.core[$macros].lumo

  COMPILER names the bundle that compiled it, by content; OPTIONS those that shape the code. The file's form is lumo/js/entry.js's.
  Its head says what the entry was made from:

      :source  the class path name, the size and, from a JAR, the CRC-32 of the source
      :deps    [kind name id], in the order of loading: what the namespace requires, and the macros that it uses
      :tags    the data readers that its literals were read by

  and its sections are `source`, `js`, `code` (V8's code cache), and those that most processes never read: `map`, `analysis`,
  and, of a namespace that defines macros for itself, `macros` and `macros-analysis`.

  An entry *holds* while its source is byte for byte the one that the class path has now, each dependency resolves to what it
  did and has the same id, and the same data readers are named. Its id is a hash of its source and of the ids of its
  dependencies; so it follows from the id of one namespace that nothing has changed in any that it was compiled against,
  macros included. No time of any file is looked at, and for a folder's file no hash is computed: the bytes are compared.

  Loading from here needs no compiler. What the compiler has to know of such a namespace it takes over when it next runs
  (`take-unknown!`)."
  (:require
   [clojure.string :as string]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.javascript :as javascript]
   [lumo.impl.npm :as npm]
   [lumo.impl.script :as script]))

(def ^:private node-path (js/require "path"))

;; -- where -----------------------------------------------------------------------------------------------------------------

(defonce ^:private state
  ;; :write  the folder to write to, or nil; :read folders to look in, in order; :options what is in the name of the folders
  ;; within; :defer? writing waits for `write-deferred!`
  (atom {:write nil :read [] :options "" :defer? false}))

(defn install!
  "Makes `write` (a path, or nil) the cache that is written to, and `read` those that are read besides."
  [{:keys [write read defer?]}]
  (swap! state assoc
    :write (some->> write (.resolve node-path))
    :read (into [] (comp (remove nil?) (map #(.resolve node-path %)) (distinct)) (cons write read))
    :defer? defer?)
  nil)

(defn options-name
  "The compiler's options as the name of a folder."
  [options]
  (let [given (for [[k v] (sort-by (comp str key) options) :when (and v (not= :target k))]
                (if (true? v) (name k) (str (name k) "=" (if (keyword? v) (name v) v))))]
    (if (seq given) (string/join "," given) "default")))

(defn set-options!
  "The options that code is compiled with from here on."
  [options]
  (swap! state assoc :options (options-name options))
  nil)

(defn- compiler-name []
  (let [versions (js/JSON.parse (.-versions js/$lumo))]
    (str (.-lumo versions) "-" (or (.-bundle versions) "unknown"))))

(defn- entry-file [layer aname]
  (.join node-path layer (compiler-name) (:options @state) (str aname ".lumo")))

(defn options
  "The name of the options that code is compiled with."
  []
  (:options @state))

(defn deferred?
  "True where what is compiled is written later."
  []
  (boolean (:defer? @state)))

(defn active?
  "True where there is a cache to read from or to write to."
  []
  (boolean (seq (:read @state))))

(defn file-to-write
  "Where the entry of a namespace is written; nil where there is no cache to write to."
  [aname]
  (some-> (:write @state) (entry-file aname)))

;; -- what is loaded ------------------------------------------------------------------------------------------------------------

(defonce ^:private loaded
  ;; JS Map of namespace name, macros with their suffix -> #js {:kind, :id thunk of its id, :entry} of what is loaded. One whose id is
  ;; nil is not what any source says: a REPL has changed it.
  (js/Map.))

(defonce ^:private unknown
  ;; JS array of what was loaded from here and the compiler has not heard of.
  (atom #js []))

(defn loaded!
  "Says that a namespace is loaded: `kind` is \"ns\", \"macros\" or \"js\", `id` a function that gives its id or nil."
  [aname kind id]
  (.set loaded (str aname) #js {:kind kind :id id}))

(defn changed!
  "Says that a namespace is no longer what its source says: nothing that is compiled against it can be kept."
  [aname]
  (loaded! aname "ns" (constantly nil)))

(defn forget!
  "Says that a namespace is not loaded any more."
  [aname]
  (.delete loaded (str aname)))

(defn forget-all!
  "Says that no namespace is loaded any more."
  []
  (.clear loaded))

(defn loaded-names
  "The names of all loaded namespaces that are not macros'."
  []
  (into [] (comp (filter (fn [[_ ^js l]] (= "ns" (.-kind l)))) (map (comp symbol first)))
    (es6-iterator-seq (.entries loaded))))

(defn kind-of-loaded
  "What a loaded namespace is, as `loaded!` was told; nil where it is not loaded."
  [aname]
  (some-> ^js (.get loaded (str aname)) .-kind))

(defn id-thunk
  "A function that gives the id of a namespace as it is loaded now, or nil; nil where it is not loaded."
  [aname]
  (some-> ^js (.get loaded (str aname)) .-id))

(defn take-unknown!
  "What has been loaded from here since the last call, in order: JS objects of :name, a symbol, :macros? and :entry."
  []
  (let [taken @unknown]
    (when (pos? (alength taken))
      (reset! unknown #js []))
    taken))

(defn entry-of
  "The entry that a namespace was loaded from, or nil."
  [aname]
  (some-> ^js (.get loaded (str aname)) .-entry))

;; -- whether an entry holds ------------------------------------------------------------------------------------------------------

(defn ns->path
  "The class path name of a namespace, without an extension: my-app.core is my_app/core."
  [ns-sym]
  (string/replace (munge (str ns-sym)) "." "/"))

(defn source-paths-of
  "The class path names under which the source of a namespace may be, in the order in which they are tried."
  [ns-sym macros?]
  (mapv #(str (ns->path ns-sym) %) (if macros? [".clj" ".cljc"] [".cljs" ".cljc" ".js"])))

(defn macros-name [ns-sym]
  (symbol (str ns-sym "$macros")))

(defonce ^:private package-folders
  ;; What packages add to the class path, looked up when something was not found without it: nil before.
  (atom nil))

(defn- on-classpath
  "The resource of a namespace on the class path, or nil."
  [ns-sym macros?]
  (classpath/find-first (source-paths-of ns-sym macros?)))

(defn- bundled-as-cljs?
  "True of a clojure.x that stands for a bundled cljs.x."
  [ns-sym]
  (bundled/bundled? (symbol (string/replace (str ns-sym) #"^clojure\." "cljs."))))

(defn find-source
  "The resource of a namespace on the class path, or else in what npm packages add to that; nil where it is nowhere. The packages
  are looked at, once, when that is the last hope: there may be hundreds."
  [ns-sym macros?]
  (or (on-classpath ns-sym macros?)
      (when (and (nil? @package-folders) (not (bundled-as-cljs? ns-sym)))
        (reset! package-folders (npm/lib-folders (.cwd js/process)))
        (when (seq @package-folders)
          (apply classpath/add! @package-folders)
          (on-classpath ns-sym macros?)))))

(defn npm?
  "True where a name is not bundled, nor on the class path, but an npm module or one of Node's own."
  [lib]
  (and (not (bundled/bundled? (symbol (str lib))))
       (npm/npm-module? lib #(or (javascript/described? lib)
                                 (boolean (on-classpath (symbol (str lib)) false))))))

(defonce hooks
  ;; What loading asks of others. :bundled loads a bundled namespace whose code is an asset, :js a library that is JavaScript; :warn
  ;; is given each text that the compiler warned with; :tell the name and the layer of each namespace that is loaded; :reader gives
  ;; the name of the class path's data reader for a tag.
  (atom {}))

(defonce ^:private resolved
  ;; JS Map of namespace name -> what `resolve` found, while one namespace is being loaded with all it needs.
  (js/Map.))

(defonce ^:private depth
  ;; How many loads are going on, one inside the other.
  (volatile! 0))

(declare resolve-entry)

(defn- same-source? [^js entry {:keys [path crc size read]}]
  (let [^js source (.. entry -head -source)]
    (and (= path (.-path source))
         (if crc
           (and (= crc (.-crc source)) (= size (.-size source)))
           (let [kept (.bytes entry "source")]
             (and (some? kept) (.equals ^js (read) kept)))))))

(defn- current-id
  "The id of a namespace as it is loaded or would be from here, or nil."
  [ns-sym macros?]
  (let [aname (cond-> ns-sym macros? macros-name)]
    (cond
      (.has loaded (str aname)) ((id-thunk aname))
      (and macros? (nil? (on-classpath ns-sym true)))
      ;; macros in the file of the namespace itself
      (when-let [^js found (resolve-entry ns-sym false)]
        (when (.has ^js (.-entry found) "macros") (.-id found)))
      :else (some-> ^js (resolve-entry ns-sym macros?) .-id))))

(defn- dep-holds? [dep]
  (let [kind (aget dep 0)
        lib  (aget dep 1)]
    (case kind
      "bundled" true ; of the same bundle, by the folder's name
      "goog"    (or (js/$lumo.closure.loaded lib) (some? (js/$lumo.closure.read lib)))
      "npm"     (npm? lib)
      "absent"  (nil? (on-classpath (symbol lib) false))
      "js"      (or (= "js" (kind-of-loaded lib))
                    (javascript/described? lib)
                    (string/ends-with? (str (:path (find-source (symbol lib) false))) ".js"))
      (let [id (current-id (symbol lib) (= kind "macros"))]
        (and (some? id) (= id (aget dep 2)))))))

(defn- holds? [^js entry resource]
  (and (same-source? entry resource)
       (some? (.bytes entry "js"))
       (every? dep-holds? (.. entry -head -deps))
       (every? (fn [tag]
                 (= (aget tag 1) (some-> ((:reader @hooks) (symbol (aget tag 0))) str)))
         (.. entry -head -tags))))

(defn- resolve-entry*
  [ns-sym aname macros?]
  (when-let [resource (find-source ns-sym macros?)]
    (some (fn [layer]
            (when-let [entry (js/$lumo.entryFile.read (entry-file layer aname))]
              (when (and (= (str aname) (.. entry -head -name)) (holds? entry resource))
                #js {:name aname :id (.. entry -head -id) :entry entry :file (:file resource) :layer layer})))
      (:read @state))))

(defn- resolve-entry
  "The entry that holds for a namespace, `#js {:name :id :entry :file}`, or nil."
  [ns-sym macros?]
  (let [aname (cond-> ns-sym macros? macros-name)
        key   (str aname)]
    (if (.has resolved key)
      (.get resolved key)
      (do
        ;; While it is being looked at it holds for nobody: namespaces that need each other do not hold.
        (.set resolved key nil)
        (let [found (resolve-entry* ns-sym aname macros?)]
          (.set resolved key found)
          found)))))

(defn find-entry
  "The entry that a namespace can be loaded from, with all that it needs, or nil: it has to be compiled. `outermost?` says that nothing
  else is being loaded; until that is true again sources are not expected to change."
  [ns-sym macros? outermost?]
  (when (active?)
    (when (and outermost? (zero? @depth))
      (.clear resolved))
    (resolve-entry ns-sym macros?)))

;; -- loading ---------------------------------------------------------------------------------------------------------------------

(declare load-entry!)

(defn- load-dep! [dep]
  (let [kind (aget dep 0)
        lib  (symbol (aget dep 1))]
    (cond
      (= "bundled" kind) (when (bundled/code? lib) ((:bundled @hooks) lib))
      (kind-of-loaded lib) nil
      (= "ns" kind) (load-entry! (resolve-entry lib false))
      (not (contains? #{"goog" "js"} kind)) nil
      :else (when (and ((:js @hooks) (str lib)) (= "js" kind))
              (.push @unknown #js {:name lib :js true})))))

(defn load-entry!
  "Loads what `find-entry` found: first what it requires, in order, then itself. Throws what its code throws."
  [^js found]
  (let [^js entry (.-entry found)
        head      (.-head entry)
        macros?   (.-macros head)]
    (vswap! depth inc)
    (try
      (run! load-dep! (.-deps head))
      ((:tell @hooks) (.-name found) (.-layer found))
      (run! (:warn @hooks) (.-warnings head))
      (script/run-stored! (.-file found) (.text entry "js") (.bytes entry "code") #(some-> (.text entry "map") js/JSON.parse))
      (finally
        (vswap! depth dec)))
    (.set loaded (str (.-name found))
      #js {:kind (if macros? "macros" "ns") :id (constantly (.-id found)) :entry entry})
    (.push @unknown #js {:name (.-name found) :macros macros? :entry entry :file (.-file found)})
    (.drop entry)))
