(ns lumo.impl.sample
  "Code of the kinds that functions are made of. The compiler compiles it before the snapshot is taken, which puts the bytecode
  of its busiest functions, and the analysis of the core's most used ones, into the snapshot.")

(def text
  "(ns lumo.warm-up
     (:require [clojure.string :as str] [clojure.set :as set]))
   (def table {:a 1 \"b\" [1 2.5 'c] :d #{nil true}})
   (defonce state (atom {}))
   (defn- helper [s & {:keys [limit] :or {limit 10}}]
     (when-let [found (seq (filter some? (map #(get % :id) s)))]
       (take limit (sort (distinct found)))))
   (defn handler
     \"Doc.\"
     [{:keys [event context] :as input}]
     (println \"event\" (pr-str event) (:aws-request-id context))
     (let [{:strs [name items]} event
           [x & more] items
           total (reduce + 0 (map count more))]
       (try
         (cond
           (nil? name) {:statusCode 400 :body (str \"no name\" x)}
           (and (> total 3) (not= name \"x\")) (throw (ex-info \"bad\" {:total total}))
           :else (-> (swap! state update name (fnil inc 0))
                     (assoc :n (str/join \",\" (str/split (str/upper-case name) #\"-\")))
                     (merge (into {} (for [i (range 3) :when (odd? i)] [(keyword (str i)) (* i i)])))))
         (catch :default e
           (js/console.error (.-message e))
           (if (instance? js/Error e) (ex-data e) nil))
         (finally (reset! state {})))))
   (defn async-handler [event _]
     (-> (js/Promise.resolve #js {:a 1})
         (.then (fn [^js r] (js->clj r :keywordize-keys true)))
         (.then #(clj->js (assoc % :set (set/union #{1} #{(or event 2)}))))
         (.catch (fn [e] (loop [i 0 acc []] (if (< i 2) (recur (inc i) (conj acc (case i 0 :zero 1 :one :many))) acc))))))
   (defmulti area :shape)
   (defmethod area :default [{:keys [w h]}] (if-not w 0 (doto (* w h) prn)))
   (defprotocol Shape (draw [this]))
   (defrecord Crate [w h] Shape (draw [_] (str w \"x\" h)))")
