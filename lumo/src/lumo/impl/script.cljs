(ns lumo.impl.script
  "Compiled JavaScript, evaluated; and the way back from its positions to the ClojureScript it came from.

  A *unit* is one source: a file, or the text of `-e`. The compiler adds the JavaScript of a form with its position data;
  `flush!` evaluates what has been added since the last run as one script named after the source. Generated lines are numbered
  through the whole unit, so that a stack frame `file:line:column` always names one place."
  (:require [clojure.string :as string]))

(def ^:private vm (js/require "vm"))

(defonce ^:private units
  ;; JS Map of source name -> Unit
  (js/Map.))

(deftype Unit [name           ; of the source: what stack frames carry
               ^:mutable line ; generated lines evaluated so far
               ^:mutable pending-lines
               ^:mutable pending ; JS array of JavaScript texts
               segments]      ; JS array of #js [first-generated-line source-map-data]
  Object
  (add [_ js-text source-map]
    (when source-map
      (.push segments #js [(+ line pending-lines) source-map]))
    (.push pending js-text)
    ;; Each text ends its last line, so that the next one starts at column 0, where its own position data start.
    (set! pending-lines (+ pending-lines (inc (- (.-length (.split js-text "\n")) 1))))
    nil)
  (take [_]
    (let [taken #js {:source (.join pending "\n") :line line}]
      (set! line (+ line pending-lines))
      (set! pending-lines 0)
      (set! pending #js [])
      taken)))

(defn unit
  "The unit of the source called `name`; its line numbers go on where an earlier evaluation of the same source stopped."
  [name]
  (or (.get units name)
      (let [u (Unit. name 0 0 #js [] #js [])]
        (.set units name u)
        u)))

(defn add!
  "Adds the JavaScript of one form; `source-map` is the compiler's `:source-map` data of that form, or nil."
  [^Unit unit js-text source-map]
  (.add unit js-text source-map))

(defonce ^:private last-thrown
  ;; What evaluation threw last. The compiler wraps it; this tells the program's own error from the wrapping.
  (volatile! nil))

(defn thrown?
  "True where evaluation, and not the compiler, threw `e`."
  [e]
  (identical? e @last-thrown))

(defn- run-script! [js-text file line]
  (let [script (vm.Script. js-text
                 #js {:filename file
                      :lineOffset line
                      :importModuleDynamically (.. vm -constants -USE_MAIN_CONTEXT_DEFAULT_LOADER)})]
    (try
      (.runInThisContext script)
      (catch :default e
        (vreset! last-thrown e)
        (throw e)))))

(defn flush!
  "Evaluates what was added to the unit since the last run; returns the value of the last expression."
  [^Unit unit]
  (let [taken (.take unit)]
    (run-script! (.-source taken) (.-name unit) (.-line taken))))

(defn run-text!
  "Evaluates JavaScript that is not compiled ClojureScript, under the name `file`."
  [js-text file]
  (run-script! js-text file 0))

;; -- positions -----------------------------------------------------------------------------------------------------------

(defn- by-generated-line
  "The position data of one form, keyed by source line and column, turned round: a JS Map of generated line -> array of
  #js [generated-column source-line source-column], sorted by column."
  [source-map]
  (let [lines (js/Map.)]
    (doseq [[line columns] source-map
            [column places] columns
            {:keys [gline gcol]} places]
      (when-not (.has lines gline) (.set lines gline #js []))
      (.push (.get lines gline) #js [gcol line column]))
    (.forEach lines (fn [places] (.sort places (fn [a b] (- (aget a 0) (aget b 0))))))
    lines))

(defn- segment-at [segments line]
  (loop [i (dec (alength segments))]
    (when-not (neg? i)
      (let [segment (aget segments i)]
        (if (<= (aget segment 0) line) segment (recur (dec i)))))))

(defn source-position
  "Where the generated 0-based `line` and `column` of the source called `name` came from: `{:line :column}`, 1-based, or nil
  where it is not known. The position data are turned round when first asked for: nothing is paid until an error happens."
  [name line column]
  (when-let [^Unit u (.get units name)]
    (when-let [segment (segment-at (.-segments u) line)]
      (when-not (instance? js/Map (aget segment 1))
        (aset segment 1 (by-generated-line (aget segment 1))))
      (let [lines   ^js/Map (aget segment 1)
            within  (- line (aget segment 0))
            ;; A generated line without data of its own belongs to the closest line before it.
            places  (some #(.get lines %) (range within -1 -1))]
        (when places
          (let [place (or (last (take-while #(<= (aget % 0) column) places)) (aget places 0))]
            {:line (inc (aget place 1)) :column (inc (aget place 2))}))))))

(defn known?
  "True where `name` is a source that was compiled in this process."
  [name]
  (.has units name))
