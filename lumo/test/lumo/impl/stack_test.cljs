(ns lumo.impl.stack-test
  (:require
   [cljs.test :refer [deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :refer [thrown with-folder]]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.stack :as stack]))

(defn- lines-of [source]
  (stack/lines (error/unwrap (thrown #(compiler/eval-source source {:file "<stack>" :each identity})))))

(deftest functions-have-their-clojure-names
  (let [lines (lines-of "(ns lumo-test.stack-names)
(defn fails! [] (throw (js/Error. \"x\")))
(defn many ([] (many 1)) ([_] (fails!) 1))
(defn all [& _] (many) 1)
(all 1 2 3)")]
    (doseq [name ["lumo-test.stack-names/fails!" "lumo-test.stack-names/many" "lumo-test.stack-names/all"]]
      (is (some #(string/starts-with? % (str name " (<stack>:")) lines) name))
    (is (= "<stack>:5:2" (last lines)))))

(deftest a-protocols-method-has-its-name
  (let [lines (lines-of "(ns lumo-test.stack-methods)
(defprotocol Shape (area [this]))
(defrecord Square [side] Shape (area [_] (.nope side)))
(area (->Square 1))")]
    (is (some #(re-find #"\barea \(<stack>:3:" %) lines) (pr-str lines))))

(deftest the-languages-own-functions-are-named-and-the-interpreters-not-shown
  (let [lines (lines-of "(nth [1] 5)")]
    (is (some #{"cljs.core/nth (cljs/core.cljs)"} lines))
    (is (not-any? #(re-find #"lumo\.impl|cljs\.js|cljs\.analyzer|node:" %) lines))))

(deftest only-the-function-that-the-program-called-is-shown-of-the-languages-own
  (let [lines (lines-of "(ns lumo-test.stack-runs)
(defn each [] (doall (map (fn [x] (.nope x)) [1 2])))
(each)")]
    (is (= ["cljs.core/doall (cljs/core.cljs)"] (filter #(string/starts-with? % "cljs.core/") lines)) (pr-str lines))
    (is (= "<stack>:2:42" (first lines)))))

(deftest the-place-of-an-error-is-its-innermost-in-a-source
  (is (= {:file "<stack>" :line 1 :column 2}
         (select-keys (stack/source-place (error/unwrap (thrown #(compiler/eval-source "(nth [1] 5)" {:file "<stack>" :each identity}))))
           [:file :line :column])))
  (is (nil? (stack/source-place nil)))
  (is (nil? (stack/source-place "text"))))

(deftest javascript-that-cannot-be-parsed-is-placed
  (with-folder {"bad.js" "'use strict';\nconst x = ;\n"}
    (fn [folder]
      (is (= (str folder "/bad.js:2")
             (first (stack/lines (thrown #(js/require (str folder "/bad.js"))))))))))

(deftest what-has-no-stack-has-no-lines
  (testing "anything may be thrown, also an error whose stack is strange"
    (is (= [] (stack/lines nil) (stack/lines 5) (stack/lines {:a 1})))
    (let [e (js/Error. "x")]
      (set! (.-stack e) 5)
      (is (= [] (stack/lines e))))))
