(ns contract.core
  "Every form of handler: how it takes its event, and what it may return."
  (:require [clojure.string :as string]))

(defn one [{:keys [event context]}]
  {:event event :keys (sort (keys event)) :id (:aws-request-id context)})

(defn two [event context]
  {:event event :id (:aws-request-id context)})

(defn either
  ([m] {:called-with 1 :keys (sort (map name (keys m)))})
  ([event context] {:called-with 2}))

(defn ^{:lambda/event :keywords} keywords [{:keys [event]}]
  {:name (:name event) :street (get-in event [:address :street])})

(defn ^{:lambda/event :js} js-object [event _context]
  {:array? (array? (.-list event)) :sum (reduce + (.-list event))})

(defn ^{:lambda/event :json} json-text [event _context]
  {:text event :upper (string/upper-case event)})

(defn about [{:keys [context]}]
  (assoc (dissoc context :remaining-ms)
         :remaining ((:remaining-ms context))
         :now (js/Date.now)))

(defn answers
  "What a handler may return, by name."
  [{:keys [event]}]
  (case event
    "string"    "λ"
    "number"    42.5
    "nil"       nil
    "false"     false
    "undefined" js/undefined
    "keyword"   :plain
    "vector"    [1 [2 "three"] {:four 4}]
    "list"      (map inc (range 3))
    "set"       #{1}
    "map"       {:keyword 1 "string" 2}
    "js"        #js {:a #js [1 nil]}
    "bytes"     (js/Buffer.from #js [0 255 10])
    "stream"    (.from (.-Readable (js/require "stream")) #js ["one," "two"])
    "promise"   (js/Promise.resolve {:soon true})
    "later"     (js/Promise. (fn [resolve] (js/setTimeout #(resolve [:later]) 20)))
    "thenable"  #js {:then (fn [resolve] (resolve "then"))}))
