(ns lumo.impl.lambda.source
  "From what a streaming handler returns to the chunks of its answer."
  (:require
   [lumo.impl.error :as error]
   [lumo.impl.lambda.channels :as channels]
   [lumo.lambda.stream :as stream]))

;; A source in here is a js object of two functions: `next` gives the next chunk or a promise of it, nil at the end; `close` says
;; that nobody asks any more.

(defn- of-seq [xs]
  (let [left (volatile! xs)]
    #js {:next  (fn []
                  (when-let [s (seq @left)]
                    (vreset! left (rest s))
                    (if-some [chunk (first s)] chunk "")))
         :close (fn [])}))

(defn- of-iterator
  "Of a JavaScript iterator, be it asynchronous or not."
  [^js iterator]
  #js {:next  (fn []
                (.then (js/Promise.resolve (.next iterator))
                  (fn [^js r] (when-not (.-done r) (if-some [chunk (.-value r)] chunk "")))))
       :close (fn []
                (when (.-return iterator)
                  (js/Promise.resolve (.return iterator))))})

(defn- of-taker [take! close!]
  #js {:next  (fn [] (js/Promise. (fn [resolve] (take! resolve))))
       :close close!})

(defn- method [x key]
  (let [f (unchecked-get x key)]
    (when (fn? f) f)))

(defn- source-of [x]
  (cond
    (or (string? x) (instance? js/Uint8Array x)) (of-seq (list x))
    (satisfies? stream/Source x) (of-taker #(stream/-take! x %) #(stream/-close! x))
    (channels/channel? x)        #js {:next #(channels/take-from! x) :close #(channels/close! x)}
    (sequential? x)              (of-seq x)
    (coll? x)                    nil
    (method x js/Symbol.asyncIterator) (of-iterator (.call (method x js/Symbol.asyncIterator) x))
    (method x js/Symbol.iterator)      (of-iterator (.call (method x js/Symbol.iterator) x))
    :else                        nil))

(defn- drain!
  "Writes all of a source to `out`; a promise of the end."
  [^js source out]
  (js/Promise.
    (fn [resolve reject]
      (let [fail (fn [e]
                   ;; That the source cannot even be closed is of no more interest than what went wrong first.
                   (-> (js/Promise. (fn [done] (done (.close source))))
                       (.catch (fn [_]))
                       (.then #(reject e))))
            step (fn step []
                   (-> (js/Promise. (fn [done] (done (.next source))))
                       (.then (fn [chunk]
                                (if (nil? chunk)
                                  (resolve)
                                  (.then (stream/write! out chunk) step fail)))
                         fail)))]
        (step)))))

(defn pour!
  "Writes what a streaming handler returned to `out`. A promise of the end, rejected with what went wrong on the way."
  [x out]
  (cond
    (nil? x) (js/Promise.resolve)

    (instance? stream/Response x)
    (let [{:keys [body] :as response} (:response x)]
      (stream/http! out response)
      (pour! body out))

    :else
    (if-let [source (source-of x)]
      (drain! source out)
      (js/Promise.reject
        (error/own "Runtime.MarshalError"
          (str "a streaming handler returns a string, bytes, a sequence, a stream, an iterator or a channel, not " (pr-str (type x))
               "; (js/JSON.stringify (clj->js x)) makes a string of a value"))))))

(defn end!
  "Ends `out`, where the handler has not; a promise of the moment when all of it is sent."
  [^js out]
  (js/Promise.
    (fn [resolve reject]
      (if (.-writableFinished out)
        (resolve)
        (.end out (fn [e] (if e (reject e) (resolve))))))))
