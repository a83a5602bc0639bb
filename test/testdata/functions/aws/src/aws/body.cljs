(ns aws.body
  "Bodies of objects: made, and read as they stream in.")

(def ^:private crypto (js/require "crypto"))

(defn random
  "A buffer of so many random bytes."
  [n]
  (.randomBytes crypto n))

(defn sha256
  "Of a buffer, in hexadecimal."
  [bytes]
  (.. crypto (createHash "sha256") (update bytes) (digest "hex")))

(defn digest
  "A promise of a stream's length and hash; the whole is never in memory."
  [stream]
  (js/Promise.
    (fn [resolve reject]
      (let [hash   (.createHash crypto "sha256")
            length (atom 0)]
        (doto stream
          (.on "data" (fn [part] (.update hash part) (swap! length + (.-length part))))
          (.on "error" reject)
          (.on "end" #(resolve {:bytes @length :sha256 (.digest hash "hex")})))))))
