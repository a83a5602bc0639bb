(ns lumo.impl.analysis
  "The analysis of a compiled namespace as text: written once when the bundle is built, read one definition at a time.

  The compiler asks for the analysis of the few vars that a program names; cljs.core alone defines more than a thousand.
  So a stored namespace is a first line of JSON, `[ns-map, {name: [offset, length]}]`, then one JSON text a definition, and
  the `:defs` map of a namespace read back (`LazyDefs`) decodes a definition when it is first looked up.

  Values as JSON: a keyword is \":name\", a symbol \"'name\", a string is itself, or \"~\" and itself where it starts with one
  of : ' ~. A collection is an array whose first item says which: 0 map (keys and values in turn), 1 vector, 2 list, 3 set. So are
  the literals that JSON lacks: 4 pattern (source and flags), 5 number that is not finite, 6 instant (milliseconds), 7 UUID."
  (:require
   [clojure.string :as string]))

;; -- values ----------------------------------------------------------------------------------------------------------

(declare encode)

(defn- encode-all [tag xs]
  (let [out #js [tag]]
    (doseq [x xs] (.push out (encode x)))
    out))

(defn encode
  "The JSON tree of a value of the analyzer. Metadata is left out, and so is what the analyzer keeps only for itself while it
  compiles (functions, atoms)."
  [x]
  (cond
    (nil? x)     nil
    (keyword? x) (str x)
    (symbol? x)  (str "'" x)
    (string? x)  (if (re-find #"^[:'~]" x) (str "~" x) x)
    (boolean? x) x
    (number? x)  (if (js/isFinite x) x #js [5 (str x)])
    (regexp? x)  #js [4 (.-source x) (.-flags x)]
    (inst? x)    #js [6 (inst-ms x)]
    (uuid? x)    #js [7 (str x)]
    (map? x)     (encode-all 0 (mapcat identity (remove (fn [[_ v]] (fn? v)) x)))
    (vector? x)  (encode-all 1 x)
    (set? x)     (encode-all 3 (sort-by str x))
    (seq? x)     (encode-all 2 x)
    :else        (throw (ex-info (str "cannot store a value of type " (pr-str (type x)) " in an analysis cache") {:value x}))))

(def ^:private keywords
  "Keywords by name, so that the many repeated keys of the analysis are one object each."
  (js/Map.))

(defn- text->keyword [s]
  (or (.get keywords s)
      (let [k (keyword (subs s 1))]
        (.set keywords s k)
        k)))

(defn decode
  "The value that `encode` turned into the JSON tree `x`."
  [x]
  (cond
    (string? x)
    (case (.charAt x 0)
      ":" (text->keyword x)
      "'" (symbol (subs x 1))
      "~" (subs x 1)
      x)

    (array? x)
    (let [n (alength x)]
      (case (aget x 0)
        0 (loop [i 1 m (transient {})]
            (if (< i n)
              (recur (+ i 2) (assoc! m (decode (aget x i)) (decode (aget x (inc i)))))
              (persistent! m)))
        1 (loop [i 1 v (transient [])]
            (if (< i n) (recur (inc i) (conj! v (decode (aget x i)))) (persistent! v)))
        2 (loop [i (dec n) l ()]
            (if (pos? i) (recur (dec i) (conj l (decode (aget x i)))) l))
        3 (loop [i 1 s (transient #{})]
            (if (< i n) (recur (inc i) (conj! s (decode (aget x i)))) (persistent! s)))
        4 (js/RegExp. (aget x 1) (aget x 2))
        5 (js/Number (aget x 1))
        6 (js/Date. (aget x 1))
        7 (uuid (aget x 1))))

    :else x))

;; -- a namespace's definitions, read when looked up --------------------------------------------------------------------

(declare realize)

(deftype LazyDefs
  [index   ; JS object: name of a definition -> #js [offset length]
   slice   ; (slice offset length) is the definition's JSON text
   cache   ; JS Map: symbol's name -> decoded definition
   overlay] ; map of the definitions added since, which hide stored ones

  ILookup
  (-lookup [this k] (-lookup this k nil))
  (-lookup [_ k not-found]
    (let [added (get overlay k overlay)]
      (if-not (identical? added overlay)
        added
        (let [s   (str k)
              hit (.get cache s)]
          (cond
            (some? hit) hit
            (and (symbol? k) (js/Object.hasOwn index s))
            (let [at (unchecked-get index s)
                  v  (decode (js/JSON.parse (slice (aget at 0) (aget at 1))))]
              (.set cache s v)
              v)
            :else not-found)))))

  IAssociative
  (-contains-key? [_ k] (or (contains? overlay k) (and (symbol? k) (js/Object.hasOwn index (str k)))))
  (-assoc [_ k v] (LazyDefs. index slice cache (assoc overlay k v)))

  IFind
  (-find [this k] (when (-contains-key? this k) (MapEntry. k (-lookup this k) nil)))

  IMap
  (-dissoc [this k] (dissoc (realize this) k))

  ICollection
  (-conj [this entry] (conj (realize this) entry))

  IFn
  (-invoke [this k] (-lookup this k))
  (-invoke [this k not-found] (-lookup this k not-found))

  ICounted
  (-count [this] (count (realize this)))
  ISeqable
  (-seq [this] (seq (realize this)))
  IKVReduce
  (-kv-reduce [this f init] (reduce-kv f init (realize this)))
  IIterable
  (-iterator [this] (-iterator (realize this)))
  IEquiv
  (-equiv [this other] (= (realize this) other))
  IHash
  (-hash [this] (hash (realize this))))

(defn- realize
  "All definitions of `defs` as an ordinary map."
  [^LazyDefs defs]
  (into (.-overlay defs)
    (comp (map symbol)
          (remove #(contains? (.-overlay defs) %))
          (map (fn [k] [k (get defs k)])))
    (js-keys (.-index defs))))

(defn defined-names
  "The names of all definitions of a `:defs` map, as symbols, without decoding any."
  [defs]
  (if (instance? LazyDefs defs)
    (distinct (concat (keys (.-overlay ^LazyDefs defs)) (map symbol (js-keys (.-index ^LazyDefs defs)))))
    (keys defs)))

;; -- a namespace -------------------------------------------------------------------------------------------------------

(defn write-ns
  "The text that `read-ns` reads back: the analysis of one namespace."
  [{:keys [defs] :as ns-map}]
  (let [index #js {}
        body  (js/Array.)]
    (reduce
      (fn [offset sym]
        (let [text   (js/JSON.stringify (encode (get defs sym)))
              length (js/Buffer.byteLength text)]
          (unchecked-set index (str sym) #js [offset length])
          (.push body text)
          (+ offset length 1)))
      0
      (sort (keys defs)))
    (str (js/JSON.stringify #js [(encode (dissoc ns-map :defs :cljs.analyzer/constants)) index]) "\n"
         (string/join "\n" body) "\n")))

(defn read-ns
  "The namespace map of a stored analysis, from `#js {:head first-line, :slice (fn [offset length])}`."
  [^js stored]
  (let [head (js/JSON.parse (.-head stored))]
    (assoc (decode (aget head 0))
      :defs (LazyDefs. (aget head 1) (.-slice stored) (js/Map.) {}))))
