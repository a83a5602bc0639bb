(ns lumo.lambda.stream-test
  (:require
   [cljs.test :refer [async deftest is]]
   [lumo.impl.error :as error]
   [lumo.lambda.stream :as stream]))

(defn- out
  "A Writable that calls `write` with each chunk and the function that says when it is written."
  [write]
  (let [Writable (.-Writable (js/require "stream"))]
    (Writable. #js {:write (fn [chunk _ written] (write (str chunk) written))})))

(deftest a-write-is-over-when-there-is-room-for-more
  (async done
    (let [written (atom nil)
          writing (stream/write! (out (fn [_ f] (reset! written f))) "one")
          settled (atom false)]
      (.then writing #(reset! settled true))
      (js/setImmediate
        (fn []
          (is (not @settled) "the reader has not taken it")
          (@written)
          (.then writing (fn [x] (is (nil? x)) (done))))))))

(deftest a-write-that-fails-is-rejected
  (async done
    (let [out (out (fn [_ f] (f (js/Error. "nobody reads"))))]
      (.on out "error" (fn [_])) ; as the owner of a real one has it
      (.catch (stream/write! out "one")
        (fn [e] (is (= "nobody reads" (.-message e))) (done))))))

(deftest a-chunk-is-a-string-or-bytes
  (async done
    (let [chunks (atom [])
          out    (out (fn [chunk f] (swap! chunks conj chunk) (f)))]
      (-> (stream/write! out "þ")
          (.then #(stream/write! out (js/Uint8Array.of 111 110 101)))
          (.then #(stream/write! out {:a 1}))
          (.catch (fn [e]
                    (is (= "Runtime.MarshalError" (error/own-type e)))
                    (is (= ["þ" "one"] @chunks))
                    (done)))))))

(deftest an-http-response-has-what-was-given
  (let [given (atom nil)
        out   #js {:setResponse (fn [response] (reset! given (js->clj response)))}]
    (is (nil? (stream/http! out {})))
    (is (= {"statusCode" 200 "headers" {}} @given))
    (stream/http! out {:status 201 :headers {"a" "b"} :cookies ["c=d"]})
    (is (= {"statusCode" 201 "headers" {"a" "b"} "cookies" ["c=d"]} @given))))

(deftest the-content-type-is-set-on-the-answer
  (let [given (atom nil)]
    (is (nil? (stream/content-type! #js {:setContentType #(reset! given %)} "text/plain")))
    (is (= "text/plain" @given))))
