(ns lumo.impl.lambda.source-test
  (:require
   [cljs.test :refer [async deftest is testing]]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.source :as source]
   [lumo.lambda.stream :as stream]))

(def ^:private Readable (.-Readable (js/require "stream")))
(def ^:private Writable (.-Writable (js/require "stream")))

(defn- collector
  "An answer that takes everything, and an atom of what it took."
  []
  (let [taken (atom [])
        out   (Writable. #js {:write (fn [chunk _ f] (swap! taken conj (str chunk)) (f))})]
    (set! (.-setResponse out) (fn [response] (swap! taken conj (js->clj response))))
    [out taken]))

(defn- in-turn
  "Calls `f`, which returns a promise, with one value after another."
  [f xs]
  (reduce (fn [before x] (.then before #(f x))) (js/Promise.resolve) xs))

(defn- numbered
  "A lazy sequence of strings, unchunked, that counts in an atom what is realised."
  [n counter]
  (lazy-seq
    (when (pos? n)
      (swap! counter inc)
      (cons "x" (numbered (dec n) counter)))))

(defn- a-source [chunks closed]
  (let [left (atom chunks)]
    (reify stream/Source
      (-take! [_ f] (let [chunk (first @left)] (swap! left rest) (js/setImmediate #(f chunk))))
      (-close! [_] (swap! closed inc)))))

(deftest every-form-of-an-answer-gives-its-chunks
  (async done
    (-> (in-turn
          (fn [[form x]]
            (let [[out taken] (collector)]
              (.then (source/pour! x out)
                (fn [_] (is (= "one two" (apply str @taken)) form)))))
          {"string"   "one two"
           "bytes"    (.from js/Buffer "one two")
           "list"     (list "one " "two")
           "vector"   ["one " nil "two"]
           "lazy"     (map identity ["one " "two"])
           "iterator" ((js/eval "(function* () { yield 'one '; yield null; yield 'two'; })"))
           "async"    ((js/eval "(async function* () { yield 'one '; yield 'two'; })"))
           "readable" (.from Readable #js ["one " "two"])
           "source"   (a-source ["one " "two"] (atom 0))})
        (.then done))))

(deftest nothing-adds-nothing
  (async done
    (let [[out taken] (collector)]
      (.then (source/pour! nil out)
        (fn [_] (is (= [] @taken)) (done))))))

(deftest an-http-response-is-its-head-and-then-its-body
  (async done
    (let [[out taken] (collector)]
      (.then (source/pour! (stream/http {:status 201 :body ["one"]}) out)
        (fn [_]
          (is (= [{"statusCode" 201 "headers" {}} "one"] @taken))
          (done))))))

(deftest what-cannot-be-streamed-is-told
  (async done
    (-> (in-turn
          (fn [x]
            (.then (source/pour! x (first (collector)))
              (fn [_] (is false "it was streamed"))
              (fn [e] (is (= "Runtime.MarshalError" (error/own-type e)) (pr-str x)))))
          [{:a 1} #{1} 1 true #js {} (list 1)])
        (.then done))))

(deftest the-next-chunk-is-asked-for-when-there-is-room
  (async done
    (let [counter (atom 0)
          written (atom nil)
          out     (Writable. #js {:write (fn [_ _ f] (reset! written f))})
          pouring (source/pour! (numbered 1000 counter) out)
          room    (fn [] (js/Promise. (fn [resolve] (js/setImmediate #(js/setImmediate resolve)))))]
      (.on out "error" (fn [_])) ; as the owner of a real one has it
      (-> (room)
          (.then (fn [_] (is (= 1 @counter)) (@written) (room)))
          (.then (fn [_] (@written (js/Error. "nobody reads")) pouring))
          (.catch (fn [_] (is (= 2 @counter)) (done)))))))

(deftest a-source-whose-reader-is-gone-is-closed-once
  (async done
    (let [closed (atom 0)
          out    (Writable. #js {:write (fn [_ _ f] (f (js/Error. "nobody reads")))})]
      (.on out "error" (fn [_])) ; as the owner of a real one has it
      (.then (source/pour! (a-source ["one" "two"] closed) out)
        (fn [_] (is false "it was streamed") (done))
        (fn [e]
          (testing "what went wrong first is what is told"
            (is (= "nobody reads" (.-message e))))
          (is (= 1 @closed))
          (done))))))

(deftest an-iterator-that-throws-ends-the-answer-with-its-error
  (async done
    (let [[out taken] (collector)]
      (.catch (source/pour! ((js/eval "(async function* () { yield 'one'; throw new Error('in the middle'); })")) out)
        (fn [e]
          (is (= "in the middle" (.-message e)))
          (is (= ["one"] @taken))
          (done))))))

(deftest an-answer-is-over-when-all-of-it-is-written
  (async done
    (let [[out] (collector)]
      (-> (source/end! out)
          (.then (fn [_] (is (.-writableFinished out)) (source/end! out)))
          (.then (fn [_] (done)))))))
