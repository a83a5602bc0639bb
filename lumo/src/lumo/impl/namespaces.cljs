(ns lumo.impl.namespaces
  "What is known of namespaces: the compiler's state, and questions to it. What was loaded from the cache the compiler may not have
  heard of yet (lumo.impl.loader); `ns-map` then asks the entry."
  (:require
   [cljs.analyzer :as ana]
   [cljs.compiler :as comp]
   [cljs.js :as cljs]
   [clojure.string :as string]
   [lumo.impl.analysis :as analysis]
   [lumo.impl.bundled :as bundled]
   [lumo.impl.cache :as cache]))

(defonce state
  ;; The compiler's state: an atom, as cljs.js wants it.
  (cljs/empty-state))

(defn without-macros-suffix
  "The ordinary name of a namespace that may be one of macros."
  [ns-sym]
  (symbol (string/replace (str ns-sym) #"\$macros$" "")))

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
