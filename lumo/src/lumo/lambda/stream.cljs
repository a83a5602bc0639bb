(ns lumo.lambda.stream
  "Answers that are sent while they are made.

  A handler with the metadata `^{:lambda/response :stream}` streams. Its answer is what it writes to `out`, then what it
  returns, and is whole when the handler's promise is fulfilled. `out` is the third of three arguments, or `:out` in the one map:

      (defn ^{:lambda/response :stream} handler [event context out]
        (stream/http! out {:status 200 :headers {\"content-type\" \"text/plain\"}})
        (.then (stream/write! out \"first\\n\")
               #(stream/write! out \"second\\n\")))

      (defn ^{:lambda/response :stream} handler [{:keys [event]}]
        (map #(str % \"\\n\") (range 1000000)))

  What it returns may be a string or bytes, a sequence or vector, a Node or Web stream, a JavaScript iterator or async iterator,
  a core.async channel, a `Source`, or what `http` gives; nil adds nothing. Chunks are strings and bytes. The next chunk is
  asked for when the reader has room: a lazy sequence never is in memory as a whole.

  `out` is a Node Writable, so that pipe and pipeline work on it. An error before the first byte is an ordinary error. One that
  comes later ends the answer, and is in its trailers. When nobody reads any more, the source is closed and writes fail."
  (:require
   [lumo.impl.error :as error]))

(defprotocol Source
  "What gives chunks one after another."
  (-take! [source f] "Calls `f` once with the next chunk, with nil at the end. core.async's `take!` is of this form.")
  (-close! [source] "Nobody takes any more."))

(defrecord ^:no-doc Response [response])

(defn- chunk? [x]
  (or (string? x) (instance? js/Uint8Array x)))

(defn write!
  "Writes a chunk, a string or bytes, to `out`. Returns a promise of nil, fulfilled when there is room for more and rejected
  when the answer cannot be sent. A handler may return it."
  [out chunk]
  (js/Promise.
    (fn [resolve reject]
      (if (chunk? chunk)
        (.write ^js out chunk (fn [e] (if e (reject e) (resolve nil))))
        (reject (error/own "Runtime.MarshalError"
                  (str "a chunk of a streamed answer is a string or bytes, not " (pr-str (type chunk))
                       "; (js/JSON.stringify (clj->js x)) makes a string of a value")))))))

(defn content-type!
  "Sets the content type of an answer that is no HTTP response, before its first byte. Without, it is application/octet-stream."
  [out content-type]
  (.setContentType ^js out content-type)
  nil)

(defn http!
  "Makes the answer an HTTP response for function URLs and API Gateway, before its first byte. `response` may have `:status`
  (200), `:headers` (a map) and `:cookies` (strings)."
  [out {:keys [status headers cookies]}]
  (.setResponse ^js out
    (clj->js (cond-> {:statusCode (or status 200) :headers (or headers {})}
               (seq cookies) (assoc :cookies cookies))))
  nil)

(defn http
  "An HTTP response for a streaming handler to return: as for `http!`, with a `:body` of anything that it may return."
  [response]
  (->Response response))
