(ns lumo.impl.lookup
  "What the compiler knows of names, for people and editors: what a name means in a namespace, and which names there are that
  begin in some way."
  (:require
   [cljs.tools.reader :as r]
   [cljs.tools.reader.reader-types :as rt]
   [clojure.string :as string]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.namespaces :as namespaces]))

(defn- macros-ns [ns-sym]
  (symbol (str ns-sym "$macros")))

;; -- what is in a namespace ------------------------------------------------------------------------------------------------

(defn namespaces
  "The namespaces that there are, loaded or bundled, sorted; those of macros under their ordinary name."
  []
  (->> (namespaces/ns-names)
       (map #(symbol (string/replace (str %) #"\$macros$" "")))
       distinct
       (sort-by str)))

(defn aliases
  "What stands for which namespace in `ns-sym`: symbol to symbol."
  [ns-sym]
  (let [{:keys [requires require-macros as-aliases]} (namespaces/ns-map ns-sym)]
    (into (sorted-map) (remove (fn [[k v]] (= k v))) (merge as-aliases require-macros requires))))

(defn refers
  "The names that `ns-sym` refers to, and the namespaces that they are of: symbol to symbol."
  [ns-sym]
  (let [{:keys [uses use-macros renames rename-macros]} (namespaces/ns-map ns-sym)]
    (into (sorted-map)
      (concat (map (fn [[k v]] [k (symbol (str v) (str k))]) (merge use-macros uses))
              (merge rename-macros renames)))))

(defn- definition
  "What is known of the var `sym` of a namespace, macros included, or nil."
  [ns-sym sym]
  (let [plain (get-in (namespaces/ns-map ns-sym) [:defs sym])
        macro (get-in (namespaces/ns-map (macros-ns ns-sym)) [:defs sym])]
    (when-let [{:keys [meta] :as found} (or plain macro)]
      (let [field    #(or (get found %) (get meta %))
            arglists (field :arglists)]
        {:ns       ns-sym
         :name     sym
         :doc      (field :doc)
         :arglists (if (= 'quote (first arglists)) (second arglists) arglists)
         :macro    (boolean (or (nil? plain) (field :macro)))
         :fn       (boolean (or (:fn-var found) (:protocol-symbol found) arglists))
         :private  (boolean (or (:private found) (:private meta)))
         :file     (field :file)
         :line     (field :line)
         :column   (field :column)}))))

(defn names
  "The names of the public vars and macros of a namespace, sorted symbols."
  [ns-sym]
  (->> (concat (namespaces/defined-names ns-sym) (namespaces/defined-names (macros-ns ns-sym)))
       distinct
       (remove #(let [d (definition ns-sym %)]
                  (or (nil? d) (:private d))))
       (sort-by str)))

;; -- what a name means -----------------------------------------------------------------------------------------------------

(def ^:private special-forms
  {'.       ["(.method target args*)" "(.-property target)"]
   'case*   ["(case* …)"]
   'def     ["(def symbol doc-string? init?)"]
   'deftype* ["(deftype* …)"]
   'defrecord* ["(defrecord* …)"]
   'do      ["(do exprs*)"]
   'fn*     ["(fn* name? [params*] exprs*)"]
   'if      ["(if test then else?)"]
   'js*     ["(js* template args*)"]
   'let*    ["(let* [bindings*] exprs*)"]
   'letfn*  ["(letfn* [bindings*] exprs*)"]
   'loop*   ["(loop* [bindings*] exprs*)"]
   'new     ["(Constructor. args*)" "(new Constructor args*)"]
   'ns      ["(ns name doc-string? attr-map? references*)"]
   'ns*     ["(ns* …)"]
   'quote   ["(quote form)"]
   'recur   ["(recur exprs*)"]
   'set!    ["(set! symbol expr)" "(set! (.-property target) expr)"]
   'throw   ["(throw expr)"]
   'try     ["(try exprs* (catch Type name exprs*)* (finally exprs*)?)"]
   'var     ["(var symbol)"]})

(defn- known-ns?
  "True of a namespace that is loaded; a bundled one that is not is nowhere in the compiler's state."
  [ns-sym]
  (or (:name (namespaces/ns-map ns-sym))
      (:name (namespaces/ns-map (macros-ns ns-sym)))))

(defn resolve-ns
  "The namespace that `sym` names in `ns-sym`, as an alias or by its own name, or nil."
  [ns-sym sym]
  (or (get (aliases ns-sym) sym)
      (when (known-ns? sym) sym)))

(defn lookup
  "What `sym` means in namespace `ns-sym`: `{:ns :name :doc :arglists :macro :fn :file :line :column}` of a var or macro, with
  `:special-form` and `:forms` of a special form, with `:namespace` true of a namespace; nil where it means nothing."
  [ns-sym sym]
  (if-let [qualifier (and (not= '/ sym) (namespace sym))]
    (some-> (resolve-ns ns-sym (symbol qualifier)) (definition (symbol (name sym))))
    (or (when-let [forms (special-forms sym)]
          {:name sym :special-form true :forms forms :doc "A special form of the compiler's."})
        (definition ns-sym sym)
        (when-let [target (get (refers ns-sym) sym)]
          (definition (symbol (namespace target)) (symbol (name target))))
        (when-not (contains? (:excludes (namespaces/ns-map ns-sym)) sym)
          (definition 'cljs.core sym))
        (when-let [found (resolve-ns ns-sym sym)]
          {:name found :namespace true :doc (:doc (namespaces/ns-map found))}))))

(defn kind
  "What a result of `lookup` is: \"namespace\", \"special-form\", \"macro\", \"function\" or \"var\"."
  [{:keys [namespace special-form macro fn]}]
  (cond
    namespace    "namespace"
    special-form "special-form"
    macro        "macro"
    fn           "function"
    :else        "var"))

(defn- first-form
  "The text of the first form in `text`."
  [text]
  (let [lines (string/split-lines text)
        form  (binding [r/*suppress-read*          true
                        r/*default-data-reader-fn* (fn [_ form] form)
                        r/*alias-map*              identity]
                (r/read {:eof nil :read-cond :preserve} (rt/indexing-push-back-reader text)))
        {:keys [end-line end-column]} (meta form)]
    (when end-line
      (string/join "\n"
        (conj (vec (take (dec end-line) lines)) (subs (nth lines (dec end-line)) 0 (dec end-column)))))))

(defn source
  "The text of a definition that `lookup` found, from its file, or nil where that is not to be had."
  [{:keys [file line]}]
  (when (and file line)
    (let [fs   (js/require "fs")
          text (if (.existsSync fs file)
                 (.readFileSync fs file "utf8")
                 (some-> (classpath/find-resource file) classpath/text))]
      (when text
        (let [below (string/join "\n" (drop (dec line) (string/split-lines text)))]
          (first-form below))))))

;; -- completion ------------------------------------------------------------------------------------------------------------

(defn- candidate [text type ns-sym]
  (cond-> {:candidate text :type type} ns-sym (assoc :ns (str ns-sym))))

(defn- starting [prefix candidates]
  (filter #(string/starts-with? (:candidate %) prefix) candidates))

(defn- names-starting
  "The names, private ones too, that are defined in a namespace and begin with `prefix`."
  [ns-sym prefix]
  (->> (concat (namespaces/defined-names ns-sym) (namespaces/defined-names (macros-ns ns-sym)))
       distinct
       (filter #(string/starts-with? (str %) prefix))))

(defn- var-candidates [ns-sym show syms]
  (for [sym syms]
    (candidate (show sym) (kind (definition ns-sym sym)) ns-sym)))

(defn- qualified-candidates
  "Of `alias/pre`: the public names of the namespace, or the members of the npm module, that the alias stands for."
  [ns-sym prefix]
  (let [[_ alias part] (re-matches #"([^/]+)/(.*)" prefix)]
    (when-let [target (resolve-ns ns-sym (symbol alias))]
      (->> (remove #(:private (definition target %)) (names-starting target part))
           (var-candidates target #(str alias "/" %))))))

(defn- members
  "The names of an object's properties, inherited ones too, those of Object's prototype left out."
  [o]
  (->> (iterate js/Object.getPrototypeOf (js/Object o))
       (take-while #(and (some? %) (not (identical? % js/Object.prototype))))
       (mapcat js/Object.getOwnPropertyNames)
       distinct
       (filter #(re-matches #"[A-Za-z_$][A-Za-z0-9_$]*" %))
       sort))

(defn- walk-members
  "The candidates for `path`, `a.b.pre`, in the object `o`; `before` stands before it."
  [o path before]
  (let [parts  (string/split path #"\." -1)
        inside (butlast parts)
        ;; A getter that throws has no members to offer.
        target (try (reduce (fn [x k] (when (some? x) (unchecked-get x k))) o inside)
                    (catch :default _ nil))
        stem   (str before (apply str (map #(str % ".") inside)))]
    (when (some? target)
      (->> (members target)
           (filter #(string/starts-with? % (last parts)))
           (map #(candidate (str stem %) "js" nil))))))

(defn- module-object
  "The npm or built-in module that `sym` stands for in `ns-sym`, or nil."
  [ns-sym sym]
  (let [lib (get (aliases ns-sym) sym sym)]
    (when (cache/npm? (str lib))
      ((unchecked-get js/globalThis "require") (str lib)))))

(defn- js-candidates [ns-sym prefix]
  (if (string/starts-with? prefix "js/")
    (walk-members js/globalThis (subs prefix 3) "js/")
    (when-let [[_ alias between path] (re-matches #"([^/.]+)([/.])(.*)" prefix)]
      (when-let [module (module-object ns-sym (symbol alias))]
        (walk-members module path (str alias between))))))

(defn- keyword-text
  "The whole text of the keyword that begins as `prefix`, `:pre`, `::pre` or `::alias/pre`, in the namespace."
  [ns-sym prefix]
  (if-let [[_ alias part] (re-matches #"::(?:([^/]*)/)?(.*)" prefix)]
    (str ":" (if alias (get (aliases ns-sym) (symbol alias) alias) ns-sym) "/" part)
    prefix))

(defn- keyword-candidates
  "The keywords that the compiler has seen in this process."
  [ns-sym prefix]
  (let [text (keyword-text ns-sym prefix)]
    (for [k     (namespaces/seen-keywords)
          :let  [s (str k)]
          :when (string/starts-with? s text)]
      (candidate (str prefix (subs s (count text))) "keyword" nil))))

(defn- core-candidates [ns-sym prefix]
  (let [excluded (set (:excludes (namespaces/ns-map ns-sym)))]
    (var-candidates 'cljs.core str (remove #(or (excluded %) (:private (definition 'cljs.core %))) (names-starting 'cljs.core prefix)))))

(defn- refer-candidates [ns-sym prefix]
  (for [[sym target] (refers ns-sym)
        :when (string/starts-with? (str sym) prefix)]
    (candidate (str sym) (kind (lookup ns-sym sym)) (namespace target))))

(defn- simple-candidates [ns-sym prefix]
  (concat
    (var-candidates ns-sym str (names-starting ns-sym prefix))
    (refer-candidates ns-sym prefix)
    (core-candidates ns-sym prefix)
    (starting prefix (map #(candidate (str %) "special-form" nil) (keys special-forms)))
    (starting prefix (map #(candidate (str %) "namespace" nil) (concat (keys (aliases ns-sym)) (namespaces))))))

(defn completions
  "What `prefix` could become in namespace `ns-sym`: `{:candidate :type :ns}` in the order of the names, each name once."
  [ns-sym prefix]
  (->> (cond
         (string/starts-with? prefix ":") (keyword-candidates ns-sym prefix)
         (string/blank? prefix) nil
         :else (concat (js-candidates ns-sym prefix)
                       (if (string/includes? prefix "/")
                         (qualified-candidates ns-sym prefix)
                         (simple-candidates ns-sym prefix))))
       (sort-by :candidate)
       (partition-by :candidate)
       (map first)))
