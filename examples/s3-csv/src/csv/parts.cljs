(ns csv.parts
  "Text that comes in small pieces, sent on in large ones.")

(defn ^:async in-parts!
  "Calls `produce!` with a function that takes text. What it takes goes to `send!` as buffers of at least `size` bytes, of which the
  last may be smaller; `send!` may return a promise, and nothing more is taken until that is fulfilled. Gives what `produce!` gives."
  [size send! produce!]
  (let [pieces #js []
        length (volatile! 0)
        flush! (fn []
                 (let [part (js/Buffer.from (.join pieces ""))]
                   (set! (.-length pieces) 0)
                   (vreset! length 0)
                   (send! part)))
        result (await (produce! (fn [text]
                                  (.push pieces text)
                                  (vswap! length + (js/Buffer.byteLength text))
                                  (when (<= size @length)
                                    (flush!)))))]
    (await (flush!))
    result))
