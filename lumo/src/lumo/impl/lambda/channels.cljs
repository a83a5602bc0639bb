(ns lumo.impl.lambda.channels
  "core.async's channels, as handlers return them. They are known by their protocol and taken from by functions looked up by
  name: core.async is loaded by functions that use it alone, and may be one of their own.")

(defn channel?
  "True of a core.async channel."
  [x]
  (and (some? x) (some? (unchecked-get x "cljs$core$async$impl$protocols$ReadPort$"))))

(defn- call [function & args]
  (if-some [f (js/goog.getObjectByName (str "cljs.core.async." function))]
    (apply f args)
    (throw (js/Error. "the answer is a core.async channel, but cljs.core.async is not loaded"))))

(defn take-from!
  "The next value of a channel, by a promise: nil at its end. An error among the values is one of the handler's, since nothing can
  be thrown through a channel, and rejects the promise."
  [channel]
  (js/Promise.
    (fn [resolve reject]
      (call "take_BANG_" channel #(if (instance? js/Error %) (reject %) (resolve %))))))

(defn close!
  "Tells those who put into a channel that nobody takes from it any more: the next put is false. One that waits already goes on
  waiting when the channel is closed, so what there is is taken."
  [channel]
  (call "close_BANG_" channel)
  (while (some? (call "poll_BANG_" channel))))
