(ns lumo.impl.error-test
  (:require
   [cljs.test :refer [are deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :refer [join thrown with-class-path with-folder]]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]))

(defn- error-of [source]
  (error/remember-text! "<test>" source)
  (thrown #(compiler/eval-source source {:file "<test>" :each identity})))

(deftest a-compile-error-is-a-place-a-message-and-the-line
  (are [source text] (= text (error/text (error-of source)))
    "(+ 1 2)\n(let [a 1\n      b (if)]\n  b)" "<test>:3:9: Too few arguments to if\n        b (if)]\n          ^"
    "("            "<test>:1:1: Unexpected EOF while reading item 0 of list\n  (\n  ^"
    "\n [1\n {:a 2" "<test>:3:2: Unexpected EOF while reading item 2 of map\n   {:a 2\n   ^"
    "{:a}"         "<test>:1:4: The map literal starting with :a on line 1 column 1 contains 1 form(s). Map literals must contain an even number of forms.\n  {:a}\n     ^"
    "  #nope 1"    "<test>:1:7: No reader function for tag nope.\n    #nope 1\n        ^"))

(deftest compile-errors-are-told-from-those-of-running
  (are [source compile?] (= compile? (error/compile-error? (error-of source)))
    "(if)"                        true
    "("                           true
    "(require 'lumo-test.nope)"   true
    "(throw (js/Error. \"x\"))"   false
    "(throw (ex-info \"x\" {}))"  false
    "(throw 5)"                   false
    ;; a program that reads for itself and fails is running
    "(require 'cljs.reader) (cljs.reader/read-string \"(\")" false))

(deftest an-error-of-running-is-type-message-data-and-stack
  (is (= "ExceptionInfo: boom {:n 1}\n  <test>:2:11\n      (throw (ex-info \"boom\" {:n n})))\n              ^\n    at cljs.user/lumo-test-boom (<test>:2:11)\n    at <test>:3:2"
         (error/text (error-of "(defn lumo-test-boom [n]\n  (throw (ex-info \"boom\" {:n n})))\n(lumo-test-boom 1)"))))
  (testing "anything may be thrown"
    (are [source text] (= text (error/text (error-of source)))
      "(throw \"text\")"  "Error: \"text\""
      "(throw {:a 1})"    "Error: {:a 1}"
      "(throw 5)"         "Error: 5")))

(deftest causes-follow
  (let [text (error/text (ex-info "outer" {:a 1} (ex-info "inner" {:b 2} (js/TypeError. "root"))))]
    (is (re-find #"^ExceptionInfo: outer \{:a 1\}[\s\S]*\nCaused by: ExceptionInfo: inner \{:b 2\}[\s\S]*\nCaused by: TypeError: root" text)))
  (is (string/includes? (error/text (js/Error. "outer" #js {:cause (js/Error. "why")})) "Caused by: Error: why")))

(deftest the-caret-of-a-long-line-stays-in-sight
  (let [[_ line caret] (string/split-lines (error/text (error-of (str (apply str (repeat 1000 " ")) "(if)"))))]
    (is (< (count line) 130))
    (is (= "(if)" (subs line (string/index-of caret "^"))))))

(deftest lumos-own-errors-are-their-message
  (let [e (error/own "lumo" "could not find x")]
    (is (= "lumo: could not find x" (error/text e)))
    (is (= "lumo" (error/own-type e))))
  (is (nil? (error/own-type (ex-info "x" {}))))
  (is (nil? (error/own-type nil))))

(deftest types-are-names
  (are [type x] (= type (error/error-type x))
    "ExceptionInfo" (ex-info "x" {})
    "TypeError"     (js/TypeError. "x")
    "Error"         (js/Error. "x")
    "Error"         5
    "Error"         nil
    "Runtime.X"     (error/own "Runtime.X" "x"))
  (let [named (js/Error. "x")]
    (set! (.-name named) "MyError")
    (is (= "MyError" (error/error-type named)))))

(defn- json [x & more]
  (js->clj (js/JSON.parse (js/JSON.stringify (apply error/->json x more))) :keywordize-keys true))

(deftest an-error-object-has-type-message-and-frames
  (let [{:keys [errorType errorMessage stackTrace errorData errorSource cause]}
        (json (error/unwrap (error-of "(defn lumo-test-j [] (throw (ex-info \"m\" {:k [1]} (js/Error. \"why\"))))\n(lumo-test-j)")))]
    (is (= ["ExceptionInfo" "m" "{:k [1]}"] [errorType errorMessage errorData]))
    (is (= "<test>:2:2" (last stackTrace)))
    (is (= 3 (count errorSource)))
    (is (string/starts-with? (second errorSource) "  (defn lumo-test-j"))
    (is (string/starts-with? (first stackTrace) "cljs.user/lumo-test-j (<test>:1:"))
    (is (= ["Error" "why"] ((juxt :errorType :errorMessage) cause))))
  (is (= {:errorType "Error" :errorMessage "{:a 1}" :stackTrace []} (json {:a 1})))
  (is (= {:errorType "Runtime.X" :errorMessage "gone" :stackTrace []} (json (error/own "Runtime.X" "gone"))))
  (is (= "Other" (:errorType (json (js/Error. "x") "Other")))))

(deftest a-stack-overflow-is-told-as-one
  (is (string/starts-with? (error/text (error-of "(defn lumo-test-deep [n] (inc (lumo-test-deep n))) (lumo-test-deep 1)"))
        "RangeError: Maximum call stack size exceeded"))
  (is (string/includes? (error/text (error-of (str (apply str (repeat 5000 "(inc ")) 1 (apply str (repeat 5000 ")")))))
        "Maximum call stack size exceeded")))

(deftest an-error-in-a-required-namespace-names-its-file
  (with-folder {"lumo_test/er/run.cljs" "(ns lumo-test.er.run)\n\n(defn f [x]\n  (.nope x))"}
    (fn [folder]
      (with-class-path [folder]
        (fn []
          (is (= (str "TypeError: x.nope is not a function\n  " (join folder "lumo_test/er/run.cljs") ":4:10\n      (.nope x))\n             ^\n    at lumo-test.er.run/f ("
                      (join folder "lumo_test/er/run.cljs") ":4:10)\n    at <test>:2:2")
                 (error/text (error-of "(require 'lumo-test.er.run)\n(lumo-test.er.run/f 1)")))))))))
