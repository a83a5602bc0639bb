(ns streams.core
  (:require
   [lumo.lambda.stream :as stream]))

(def ^:private Readable (.-Readable (js/require "stream")))

(defn- async-numbers []
  ((js/eval "(async function* () { yield 'one '; yield 'two'; })")))

(defn- of-chunks [n]
  (repeat n (.alloc js/Buffer 65536 "x")))

(defn- of
  "The same two chunks in every form that a streaming handler may return."
  [form out]
  (case form
    "string"   "one two"
    "bytes"    (.from js/Buffer "one two")
    "seq"      (map identity ["one " "two"])
    "vector"   ["one " (.from js/Buffer "two")]
    "readable" (.from Readable #js ["one " "two"])
    "web"      (.toWeb Readable (.from Readable #js ["one " "two"]))
    "async"    (async-numbers)
    "promise"  (js/Promise.resolve ["one " "two"])
    "source"   (let [left (atom ["one " "two"])]
                 (reify stream/Source
                   (-take! [_ f] (let [chunk (first @left)] (swap! left rest) (js/setTimeout #(f chunk) 1)))
                   (-close! [_])))
    "writer"   (.then (stream/write! out "one ") #(stream/write! out "two"))
    "both"     (.then (stream/write! out "one ") (fn [_] "two"))
    "pipe"     (.pipeline (js/require "stream/promises") (.from Readable #js ["one " "two"]) out)
    "http"     (stream/http {:status 201 :headers {"content-type" "text/html"} :cookies ["a=b"] :body ["one " "two"]})
    "early"    (throw (ex-info "before the first byte" {}))
    "late"     (.then (stream/write! out "one ") (fn [_] (throw (ex-info "in the middle" {:n 1}))))
    "map"      {:a 1}
    "number"   (list 1)
    "large"    (of-chunks 3200) ; 200 MiB: the most that Lambda streams
    "long"     (of-chunks 512)  ; 32 MiB: more than the buffers on its way hold
    "over"     (of-chunks 128)  ; 8 MiB: more than an answer may have that is not streamed
    "die"      (.then (stream/write! out "one ") (fn [_] (.kill js/process (.-pid js/process) "SIGKILL") (js/Promise. (fn [_]))))
    "endless"  (repeatedly #(.alloc js/Buffer 65536 "x"))
    "pid"      (str (.-pid js/process))))

(defn ^{:lambda/response :stream} handler [event _ out]
  (of event out))

(defn ^{:lambda/response :stream} one-map [{:keys [event out]}]
  (of event out))
