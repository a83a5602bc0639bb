(ns my-app.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [lumo.lambda.events :as events]
   [my-app.core :as core]))

(def ^:private stream (js/require "stream"))

(deftest keys-are-decoded
  (is (= {:bucket "hello-bucket" :key "in/a b.csv"}
        (core/object (first (get (events/s3 ["in/a b.csv"]) "Records"))))))

(deftest counts-the-lines-of-each-object
  (async done
    (let [objects {"a.csv" ["1,2\n3," "4\n"] "b.csv" ["x"]}
          open    (fn [_ object-key]
                    (js/Promise.resolve (.from (.-Readable stream) (into-array (objects object-key)))))]
      (-> (core/count-all open (events/s3 ["a.csv" "b.csv"]))
          (.then #(is (= [{:key "a.csv" :lines 2} {:key "b.csv" :lines 1}] %)))
          (.finally done)))))
