(ns my-app.core-test
  (:require
   [cljs.test :refer [deftest is testing]]
   [my-app.core :as core]))

(deftest greets
  (testing "by name"
    (is (= {:greeting "Hello, Lisp!"} (core/handler {:event {"name" "Lisp"}}))))
  (testing "whoever has none"
    (is (= {:greeting "Hello, world!"} (core/handler {:event {}})))))
