(ns lumo.impl.lambda.record-test
  (:require
   [cljs.test :refer [are deftest is]]
   [clojure.string :as string]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.record :as record]))

(defn- parsed [& args]
  (js->clj (js/JSON.parse (apply record/json args))))

(deftest data-is-beside-the-message
  (are [data members] (= (merge {"message" "m"} members) (parsed "m" data nil))
    nil                        {}
    {}                         {}
    {:a 1 "b" [nil true]}      {"a" 1 "b" [nil true]}
    {:a/b {:c #{:d/e}}}        {"a/b" {"c" ["d/e"]}}
    {'s '(1 x) [1] 2}          {"s" [1 "x"] "[1]" 2}
    {:at #inst "2026-01-02"}   {"at" "2026-01-02T00:00:00.000Z"}
    {:js #js {:k #js [1]}}     {"js" {"k" [1]}}
    {:big (js/BigInt 7)}       {"big" "7"}
    {:level 1 :message 2}      {"level_" 1 "message_" 2}
    [1 :a]                     {"data" [1 "a"]}
    5                          {"data" 5}))

(deftest an-error-has-lambdas-members
  (let [line (parsed "m" {:k 1} (error/->json (ex-info "boom" {:n 1})))]
    (is (= ["m" 1 "ExceptionInfo" "boom" "{:n 1}"] (map line ["message" "k" "errorType" "errorMessage" "errorData"])))
    (is (vector? (get line "stackTrace")))))

(deftest what-json-cannot-say-is-edn
  (let [circle #js {}]
    (set! (.-self circle) circle)
    (is (= "m" (get (parsed "m" {:circle circle} nil) "message")))))

(deftest text-is-message-data-and-error
  (is (= "m" (record/text "m" nil nil)))
  (is (= "m {:a 1}" (record/text "m" {:a 1} nil)))
  (is (string/starts-with? (record/text "m" nil (js/TypeError. "no")) "m\nTypeError: no")))
