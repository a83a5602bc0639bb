(ns lumo.impl.script-test
  (:require
   [cljs.test :refer [deftest is testing]]
   [lumo.fixture :refer [thrown]]
   [lumo.impl.script :as script]))

(deftest what-was-added-runs-as-one-script
  (let [unit (script/unit "script-test-1")]
    (script/add! unit "var lumoTestA = 1;" nil)
    (script/add! unit "lumoTestA + 1" nil)
    (is (= 2 (script/flush! unit)))
    (is (undefined? (script/flush! unit)) "nothing is left")))

(deftest one-source-is-one-unit
  (is (identical? (script/unit "script-test-2") (script/unit "script-test-2")))
  (is (script/known? "script-test-2"))
  (is (not (script/known? "script-test-never"))))

(deftest generated-lines-are-counted-through-the-unit
  (let [unit (script/unit "script-test-3")]
    ;; places: generated line and column, source line and column, from 0
    (script/add! unit "a;\nb;" #js [0 0 9 0, 1 0 10 2])
    (script/add! unit "c;" #js [0 0 20 4, 0 1 20 6])
    (is (= {:line 10 :column 1} (script/source-position "script-test-3" 0 0)))
    (is (= {:line 11 :column 3} (script/source-position "script-test-3" 1 5)))
    (is (= {:line 21 :column 5} (script/source-position "script-test-3" 2 0)))
    (is (= {:line 21 :column 7} (script/source-position "script-test-3" 2 8)))
    (is (nil? (script/source-position "script-test-never" 0 0)))))

(deftest what-a-script-throws-is-known-as-thrown
  (let [e (thrown #(script/run-text! "throw new Error('from a script')" "script-test-4"))]
    (is (= "from a script" (ex-message e)))
    (is (script/thrown? e))
    (is (not (script/thrown? (js/Error. "other"))))
    (is (not (script/thrown? nil))))
  (testing "undefined is thrown on as an error"
    (is (instance? js/Error (thrown #(script/run-text! "throw undefined" "script-test-4"))))))
