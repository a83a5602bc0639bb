(ns lumo.impl.keep
  "Puts what was compiled into the compile cache (lumo.impl.cache).

  A namespace's id is the SHA-256 of its source, its options' and its dependencies' names and ids. It is computed when it is first
  asked for: the module that hashes takes longer to load than most namespaces to compile, and a Lambda function does without it until it
  has given its first answer."
  (:require
   [clojure.string :as string]
   [lumo.impl.analysis :as analysis]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cache :as cache]))

;; -- what a namespace depends on -------------------------------------------------------------------------------------------------

(defn- substituted
  "The names of the form clojure.x for which cljs.x was loaded, since there is no clojure.x."
  [requires]
  (for [[from to] requires
        :when (and (not= from to)
                   (string/starts-with? (str from) "clojure.")
                   (= (str to) (string/replace (str from) #"^clojure\." "cljs.")))]
    ["absent" (str from)]))

(defn- kind-of
  "What kind of dependency a required name is; nil where it cannot be told, so that nothing can be kept."
  [lib]
  (cond
    (bundled/bundled? lib) "bundled"
    (cache/kind-of-loaded lib) (cache/kind-of-loaded lib)
    (js/$lumo.closure.loaded (str lib)) "goog" ; in the snapshot
    (cache/npm? lib) "npm"))

(defn- in-order-of-loading
  "Required names in the order in which the code of the ns form names them."
  [js-text libs]
  (sort-by (fn [lib]
             (let [i (.indexOf js-text (str "goog.require('" (munge lib) "')"))]
               (if (neg? i) js/Infinity i)))
    libs))

(defn- named-in-code
  "The loaded namespaces that the code names without requiring them, as the code that a macro makes may."
  [js-text libs]
  (filter #(string/includes? js-text (str (munge %) ".")) libs))

(defn- macro-deps
  "The macro namespaces that a namespace uses; `own?` tells those that are its own."
  [{:keys [require-macros use-macros]} own?]
  (for [lib (distinct (concat (vals require-macros) (vals use-macros)))
        :when (not (or (own? lib) (bundled/bundled? (cache/macros-name lib))))]
    ["macros" (str lib)]))

(defn- id-of-dep
  "A function that gives the id of a dependency as it is loaded now; nil where it should have one and is not loaded."
  [[kind lib]]
  (case kind
    "ns"     (cache/id-thunk lib)
    ;; without a namespace of their own they are in the file of the namespace itself
    "macros" (or (cache/id-thunk (cache/macros-name lib)) (cache/id-thunk lib))
    nil      nil
    (constantly "")))

(defn- deps-of
  "The dependencies of a compiled namespace, [kind name] each, in the order of loading."
  [{:keys [ns-map js-text aname own-macros tags]}]
  (let [{:keys [requires uses]} ns-map
        required (->> (concat (vals requires) (vals uses) (map namespace (vals tags)))
                      (map (comp symbol str))
                      distinct
                      (remove #{aname})
                      (in-order-of-loading js-text))]
    (concat
      (for [lib required] [(kind-of lib) (str lib)])
      (for [lib (named-in-code js-text (remove (conj (set required) aname) (cache/loaded-names)))] ["ns" (str lib)])
      (macro-deps ns-map #(or (= (cache/macros-name %) aname) (and own-macros (= % aname))))
      (substituted requires))))

;; -- ids -----------------------------------------------------------------------------------------------------------------------

(defn- sha256 [data]
  (.hash (js/require "crypto") "sha256" data "hex"))

(defn- id-of
  "The id of a compiled namespace, or nil where a dependency has none."
  [{:keys [^js bytes path aname deps tags options]}]
  (let [deps (map (fn [[kind lib id]] [kind lib (when id (id))]) deps)]
    (when (every? #(some? (peek %)) deps)
      (subs (sha256 (pr-str [(str aname) path (sha256 bytes) options deps (sort-by str tags)])) 0 32))))

;; -- writing -----------------------------------------------------------------------------------------------------------------------

(defn- crc32 [bytes]
  (.crc32 (js/require "zlib") bytes))

(defn- write! [{:keys [file aname path bytes js-text script places macros macros-analysis warnings ns-map macros? deps tags id resource]}]
  (when-let [id (id)]
    (js/$lumo.entryFile.write file
      #js {:name     (str aname)
           :id       id
           :macros   macros?
           :source   #js {:path path :size (.-length ^js bytes) :crc (crc32 bytes)}
           :deps     (into-array (map (fn [[kind lib id]] #js [kind lib (id)]) deps))
           :tags     (into-array (map (fn [[tag reader]] #js [(str tag) (str reader)]) tags))
           :warnings (into-array warnings)}
      #js {;; That of a JAR is known by its mark in the JAR's directory.
           :source          (when-not (:jar resource) bytes)
           :js              js-text
           :code            (some-> ^js script .createCachedData)
           :map             (js/JSON.stringify places)
           :analysis        (analysis/write-ns ns-map)
           :macros          macros
           :macros-analysis (some-> macros-analysis analysis/write-ns)})))

(defonce ^:private waiting
  ;; What is to be written, a function each.
  #js [])

(defn waiting?
  "True where something waits to be written."
  []
  (pos? (alength waiting)))

(defn write-next!
  "Writes one of those that wait."
  []
  (when-let [f (.shift waiting)]
    (f)))

(defn- without-fail
  "`f` with whatever goes wrong in it told to `tell`: nobody's program ends because it could not be kept."
  [f tell]
  (fn []
    (try
      (some-> (f) tell)
      (catch :default e (tell e)))))

(defn keep!
  "Registers a namespace that was just compiled and loaded, and writes it, now or when `write-next!` says so. Of `compiled`:

    :aname :macros?  its name, with the suffix where it is one of macros
    :resource :bytes its source, as the class path found it
    :js-text :script what was evaluated, and V8's script of it, where it was one
    :places          #js [[generated line, places] …]
    :macros :macros-analysis :own-macros  of the macros that it defines for itself
    :ns-map :tags :warnings
    :tell            is given an error that kept it from being written"
  [{:keys [aname macros? resource tell] :as compiled}]
  (let [compiled (assoc compiled :path (:path resource) :options (cache/options))
        ;; The ids as they are now: what is loaded again later is not what this was compiled against.
        compiled (assoc compiled :deps (mapv #(conj % (id-of-dep %)) (deps-of compiled)))
        id       (let [id (delay (id-of compiled))] #(deref id))]
    (cache/loaded! aname (if macros? "macros" "ns") id)
    (when-let [file (cache/file-to-write aname)]
      (let [write (without-fail #(write! (assoc compiled :id id :file file)) tell)]
        (if (cache/deferred?)
          (.push waiting write)
          (write))))))
