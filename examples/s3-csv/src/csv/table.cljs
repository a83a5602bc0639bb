(ns csv.table
  "JSON Lines to CSV, chunk by chunk: nothing here holds more than a line."
  (:require
   [clojure.string :as string]))

(def ^:private readline (js/require "readline"))

(defn cell
  "A value as RFC 4180 has it: in quotes where it has commas, quotes or line ends."
  [value]
  (let [text (if (nil? value) "" (str value))]
    (if (re-find #"[\",\r\n]" text)
      (str "\"" (string/replace text "\"" "\"\"") "\"")
      text)))

(defn row [values]
  (str (string/join "," (map cell values)) "\r\n"))

(defn ^:async rows!
  "Reads a Node stream of JSON Lines, and passes each line as a row of the columns to `f`, which may return a promise: the next line
  is read when that is fulfilled. Gives the number of rows."
  [columns input f]
  (let [lines (.createInterface readline #js {:input input :crlfDelay js/Infinity})
        next! (let [iterator (.call (unchecked-get lines (.-asyncIterator js/Symbol)) lines)]
                (fn [] (.next ^js iterator)))]
    (await (f (row columns)))
    (loop [n 0]
      (let [^js line (await (next!))]
        (cond
          (.-done line)                 n
          (string/blank? (.-value line)) (recur n)
          :else (let [record (js/JSON.parse (.-value line))]
                  (await (f (row (map #(unchecked-get record %) columns))))
                  (recur (inc n))))))))
