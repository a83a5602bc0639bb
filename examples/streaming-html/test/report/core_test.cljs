(ns report.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [clojure.string :as string]
   [report.core :as core]
   [report.html :as html]))

(def ^:private PassThrough (.-PassThrough (js/require "stream")))

(deftest text-is-escaped
  (is (= "<p title=\"&quot;\">a &lt;b&gt; &amp;<i>1</i><i>2</i></p>"
        (html/html [:p {:title "\""} "a <b> &" (for [n [1 2]] [:i n])]))))

(deftest each-page-is-written-before-the-next-is-fetched
  (async done
    (let [out     (PassThrough.)
          written #js []
          seen    (atom [])
          fetch   (fn [page _]
                    (swap! seen conj (count (re-seq #"<tr>" (string/join written))))
                    (js/Promise.resolve {:rows [{:order page :from "x"}] :next (when (< page 2) (inc page))}))]
      (.on out "data" #(.push written (str %)))
      (-> (core/write-report! out fetch 3)
          (.then (fn [_]
                   (is (= [0 1 2] @seen))
                   (is (string/ends-with? (string/join written) "<p>3 orders</p>\n"))))
          (.finally done)))))
