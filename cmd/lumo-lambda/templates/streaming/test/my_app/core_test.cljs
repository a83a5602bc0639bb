(ns my-app.core-test
  (:require
   [cljs.test :refer [deftest is]]
   [clojure.string :as string]
   [my-app.core :as core]))

(deftest text-is-escaped
  (is (string/includes? (apply str (core/page "T" ["<b>"])) "<li>&lt;b&gt;</li>")))

(deftest is-made-as-it-is-read
  (let [made (volatile! 0)
        rows (map (fn [n] (vswap! made inc) (str n)) (iterate inc 0))]
    (is (= 3 (count (take 3 (core/page "T" rows)))))
    (is (< @made 100))))
