(ns lumo.impl.lambda.where-test
  (:require
   [cljs.test :refer [are deftest is]]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.where :as where]))

(deftest what-is-to-come-is-counted-in-words
  (are [names texts] (= texts (where/waiting names))
    []                                              []
    ["Timeout"]                                     ["1 timer"]
    ["Timeout" "TCPSocketWrap" "Timeout"]           ["1 TCP connection" "2 timers"]
    ["GetAddrInfoReqWrap" "GetAddrInfoReqWrap"]     ["2 look-ups of host names"]
    ["ProcessWrap" "ProcessWrap"]                   ["2 child processes"]
    ["SomethingNew"]                                ["1 SomethingNew"]))

(deftest a-program-that-runs-is-told-by-its-functions
  (let [text "(ns lumo-test.where)\n(defn here [f] [(f)])\n(here lumo.impl.lambda.where/where)"
        told (atom nil)]
    (error/remember-text! "<where>" text)
    (compiler/eval-source text {:file "<where>" :each #(when (vector? %) (reset! told (first %)))})
    (let [{:strs [stack source waiting]} (js->clj (js/JSON.parse @told))]
      (is (= ["lumo-test.where/here (<where>:2:18)" "<where>:3:2"] (take 2 stack)))
      (is (= ["<where>:2:18" "  (defn here [f] [(f)])" "                   ^"] source))
      (is (vector? waiting)))))
