(ns lumo.core-test
  (:require
   [cljs.test :refer [deftest is testing]]
   [lumo.core :as lumo]
   [lumo.fixture :refer [thrown]]))

(deftest version-tells-every-part
  (let [version (lumo/version)]
    (is (= #{:lumo :clojurescript :node :v8} (set (keys version))))
    (is (every? #(re-find #"^\d+\.\d+" %) (vals version)))
    (is (= lumo/*lumo-version* (:lumo version)))
    (is (= (str "v" (:node version)) js/process.version))))

(deftest eval-evaluates-a-form
  (is (= 3 (lumo/eval '(+ 1 2))))
  (is (= [2 3] (lumo/eval '(let [x 1] (mapv inc [x (inc x)])))))
  (testing "macros are expanded"
    (is (= :yes (lumo/eval '(when-not false :yes))))))

(deftest eval-throws-what-the-form-throws
  (let [e (thrown #(lumo/eval '(throw (ex-info "no" {:why :test}))))]
    (is (= {:why :test} (ex-data (last (take-while some? (iterate ex-cause e))))))))
