(ns lumo.impl.bundled
  "The namespaces that come inside `lumo`.

  Their code is in the snapshot, or, for macros that few programs use, an asset that is evaluated when first required. Their
  analysis is an asset always: a program that does not name them never reads it."
  (:require
   [lumo.impl.analysis :as analysis]))

(defonce ^:private contents
  ;; {:loaded set of namespaces whose code is in the snapshot, :analysis and :code sets of namespaces that have such an
  ;; asset, :runtime those that packaged functions have without asking}; macro namespaces carry their $macros suffix.
  (atom {:loaded #{} :analysis #{} :code #{} :runtime #{}}))

(defn install!
  "Takes the list that the bundle was built with, a JS object of name -> \"loaded\", \"runtime\" (the same, and it is in the snapshot of
  packaged functions) or \"code\"."
  [^js listing]
  (reset! contents
    (reduce (fn [m k]
              (let [sym   (symbol k)
                    where (unchecked-get listing k)]
                (cond-> (update m :analysis conj sym)
                  (= "code" where)    (update :code conj sym)
                  (not= "code" where) (update :loaded conj sym)
                  (= "runtime" where) (update :runtime conj sym))))
      {:loaded #{} :analysis #{} :code #{} :runtime #{}}
      (js-keys listing))))

(defn add!
  "Adds a namespace whose code and analysis are assets; for the build, which makes them one after the other."
  [ns-sym]
  (swap! contents #(-> % (update :analysis conj ns-sym) (update :code conj ns-sym)))
  nil)

(defn bundled?
  "True where the namespace (a symbol; macros with their $macros suffix) comes inside lumo."
  [ns-sym]
  (contains? (:analysis @contents) ns-sym))

(defn names
  "All bundled namespaces that are not macro namespaces, sorted."
  []
  (sort (remove #(.endsWith (str %) "$macros") (:analysis @contents))))

(defn code?
  "True where the code of a bundled namespace is an asset, not part of the snapshot."
  [ns-sym]
  (contains? (:code @contents) ns-sym))

(defn code
  "The JavaScript of a bundled namespace for which `code?` is true."
  [ns-sym]
  (.text js/$lumo.assets (str "code/" ns-sym ".js")))

(defn in-runtime?
  "True where a bundled namespace is in the snapshot of packaged functions."
  [ns-sym]
  (contains? (:runtime @contents) ns-sym))

(defn runtime-code
  "The JavaScript of a bundled namespace that a packaged function has to bring itself."
  [ns-sym]
  (if (code? ns-sym)
    (code ns-sym)
    (.text js/$lumo.assets (str "runtime/" ns-sym ".js"))))

(defn ns-analysis
  "The analysis of a bundled namespace."
  [ns-sym]
  (analysis/read-ns (.slices js/$lumo.assets (str "analysis/" ns-sym ".json"))))
