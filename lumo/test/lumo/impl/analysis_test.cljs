(ns lumo.impl.analysis-test
  (:require
   [cljs.test :refer [are deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :refer [thrown]]
   [lumo.impl.analysis :as analysis]))

(defn- through-json [x]
  (analysis/decode (js/JSON.parse (js/JSON.stringify (analysis/encode x)))))

(deftest values-come-back-as-they-were
  (are [x] (let [back (through-json x)]
             (and (= x back) (= (type x) (type back))))
    nil true false 0 -1.5 1e21
    "" "text" ":looks-like-a-keyword" "'quoted" "~tilde" "~~" "žluťoučký 😀 \u2028"
    :k :ns/k :a.b/c? 'sym 'ns/sym '.. '/ 'a$b
    [] [1 [2 "x"]] #{} #{:a 'b "c"}
    {} {:a 1} {"s" {:deep ['x]} nil nil [1] #{2}}))

(deftest lists-come-back-as-lists
  (is (= '(quote ([x] [x y])) (through-json '(quote ([x] [x y])))))
  (is (seq? (through-json '(1 2))))
  (is (= () (through-json ()))))

(deftest literals-that-json-lacks-come-back
  (let [x [#inst "2026-01-02T03:04:05.678Z" #uuid "550e8400-e29b-41d4-a716-446655440000" ##Inf ##-Inf]]
    (is (= x (through-json x))))
  (is (js/isNaN (through-json ##NaN)))
  (let [pattern (through-json #"(?i)a/b")]
    (is (= ["a\\/b" "i"] [(.-source pattern) (.-flags pattern)]))))

(deftest large-maps-and-sets-come-back
  (let [m (into {} (map (fn [i] [(keyword (str "k" i)) i])) (range 100))]
    (is (= m (through-json m)))
    (is (= (set (range 100)) (through-json (set (range 100)))))))

(deftest random-nested-values-come-back
  (letfn [(value [depth]
            (case (if (zero? depth) (rand-int 4) (rand-int 8))
              0 (rand-int 1000)
              1 (rand-nth [:a :b/c 'd 'e/f "g" ":h" nil true])
              2 (str (rand-nth [":" "'" "~" "x"]) (rand-int 9))
              3 (keyword (str "k" (rand-int 9)))
              4 (vec (repeatedly (rand-int 4) #(value (dec depth))))
              5 (set (repeatedly (rand-int 4) #(value (dec depth))))
              6 (apply list (repeatedly (rand-int 4) #(value (dec depth))))
              7 (into {} (repeatedly (rand-int 4) #(vector (value (dec depth)) (value (dec depth)))))))]
    (dotimes [_ 300]
      (let [x (value 4)]
        (when (not= x (through-json x))
          (is (= x (through-json x))))))
    (is true "none of 300 differed")))

(deftest functions-in-maps-are-left-out-and-other-strangers-refused
  (is (= {:a 1} (through-json {:a 1 :f inc})))
  (is (string/includes? (ex-message (thrown #(analysis/encode {:a (js/Map.)}))) "cannot store")))

;; -- a stored namespace -----------------------------------------------------------------------------------------------

(def ^:private stored-ns
  {:name 'app.core
   :doc  "Über"
   :requires '{str clojure.string}
   :defs '{f      {:name app.core/f :arglists (quote ([x])) :doc "einé"}
           g?     {:name app.core/g? :meta {:line 3}}
           ->R    {:name app.core/->R}
           toString {:name app.core/toString}}})

(defn- reads
  "The stored namespace read back, and the atom that counts the definitions read from the text."
  []
  (let [bytes (.from js/Buffer (analysis/write-ns stored-ns))
        end   (.indexOf bytes 10)
        count (atom 0)]
    [(analysis/read-ns
       #js {:head  (.toString bytes "utf8" 0 end)
            :slice (fn [offset length]
                     (swap! count inc)
                     (.toString bytes "utf8" (+ end 1 offset) (+ end 1 offset length)))})
     count]))

(defn- read-defs [] (:defs (first (reads))))

(deftest a-namespace-comes-back
  (let [[ns-map count] (reads)]
    (is (= (dissoc stored-ns :defs) (dissoc ns-map :defs)))
    (is (zero? @count) "no definition was read")
    (is (= (:defs stored-ns) (:defs ns-map)))
    (is (= (hash (:defs stored-ns)) (hash (:defs ns-map))))))

(deftest a-definition-is-read-once-and-alone
  (let [[{:keys [defs]} count] (reads)]
    (is (= "einé" (get-in defs ['f :doc])))
    (is (= 'app.core/f (:name (defs 'f))))
    (is (= 1 @count))))

(deftest what-is-not-defined-is-not-found
  (let [defs (read-defs)]
    (is (nil? (get defs 'nope)))
    (is (= :none (get defs 'nope :none)))
    (is (= :none (defs 'nope :none)))
    (is (nil? (find defs 'nope)))
    (testing "names of JavaScript's own objects are no definitions"
      (is (nil? (get defs 'hasOwnProperty)))
      (is (not (contains? defs 'constructor)))
      (is (= 'app.core/toString (:name (get defs 'toString)))))
    (testing "only a symbol names one"
      (is (nil? (get defs "f")))
      (is (not (contains? defs :f))))))

(deftest a-stored-map-behaves-as-a-map
  (let [defs (read-defs)]
    (is (contains? defs 'f))
    (is (= 4 (count defs)))
    (is (= #{'f 'g? '->R 'toString} (set (keys defs))))
    (is (= (get-in stored-ns [:defs 'f]) (val (find defs 'f))))
    (is (= 4 (reduce-kv (fn [n _ _] (inc n)) 0 defs)))
    (is (= (:defs stored-ns) (into {} defs)))
    (is (map? defs))))

(deftest added-definitions-hide-stored-ones
  (let [defs    (read-defs)
        changed (-> defs (assoc 'f {:name 'new}) (assoc 'h {:name 'h}) (assoc-in ['g? :extra] 1))]
    (is (= 'new (:name (get changed 'f))))
    (is (= {:line 3} (get-in changed ['g? :meta])))
    (is (= 1 (get-in changed ['g? :extra])))
    (is (= 5 (count changed)))
    (is (contains? changed 'h))
    (is (= 'app.core/f (:name (get defs 'f))) "the map before is as it was")))

(deftest a-definition-may-be-nil-or-taken-away
  (let [defs (read-defs)]
    (is (nil? (get (assoc defs 'f nil) 'f :none)))
    (let [less (dissoc defs 'f)]
      (is (not (contains? less 'f)))
      (is (= 3 (count less))))
    (is (= 4 (count (dissoc (assoc defs 'h {}) 'h))))
    (is (= 4 (count (dissoc defs 'nope))))))

(deftest entries-can-be-joined-to-a-stored-map
  (is (= {:name 'h} (get (conj (read-defs) ['h {:name 'h}]) 'h)))
  (is (= 5 (count (merge (read-defs) {'h {}})))))

(deftest names-are-known-without-reading
  (let [[{:keys [defs]} count] (reads)]
    (is (= #{'f 'g? '->R 'toString 'h} (set (analysis/defined-names (assoc defs 'h {} 'f {})))))
    (is (= 5 (cljs.core/count (analysis/defined-names (assoc defs 'h {} 'f {})))))
    (is (zero? @count)))
  (is (= ['a] (analysis/defined-names {'a {}}))))
