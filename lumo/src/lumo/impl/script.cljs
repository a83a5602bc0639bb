(ns lumo.impl.script
  "Compiled JavaScript, evaluated; and the way back from its positions to the ClojureScript it came from.

  A *unit* is one source: a file, or the text of `-e`. The compiler adds the JavaScript of a form with its places;
  `flush!` evaluates what has been added since the last run as one script named after the source. Generated lines are numbered
  through the whole unit, so that a stack frame `file:line:column` always names one place."
  (:require
   [clojure.string :as string]))

(def ^:private vm (js/require "vm"))

(defonce ^:private units
  ;; JS Map of source name -> Unit
  (js/Map.))

(deftype Unit [name           ; of the source: what stack frames carry
               ^:mutable line ; generated lines evaluated so far
               ^:mutable pending-lines
               ^:mutable pending ; JS array of JavaScript texts
               segments]      ; JS array of #js [first-generated-line places]
  Object
  (add [_ js-text places]
    (when places
      (.push segments #js [(+ line pending-lines) places]))
    (.push pending js-text)
    ;; The texts are joined by line ends, so that each starts at column 0, where its own places start counting.
    (set! pending-lines (+ pending-lines (.-length (.split js-text "\n"))))
    nil)
  (nextLine [_]
    (+ line pending-lines))
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
  "Adds the JavaScript of one form; `places` are those that lumo.impl.emit recorded for it, or nil."
  [^Unit unit js-text places]
  (.add unit js-text places))

(defn install!
  "Keeps Node from warning that what makes `import()` work in a script is experimental: that is lumo's choice, not the program's."
  []
  (let [emit-warning (.-emitWarning js/process)]
    (set! (.-emitWarning js/process)
      (fn [warning & more]
        (when-not (string/includes? (str warning) "vm.USE_MAIN_CONTEXT_DEFAULT_LOADER")
          (.apply emit-warning js/process (into-array (cons warning more))))))))

(defonce ^:private last-thrown
  ;; What evaluation threw last. The compiler wraps it; this tells the program's own error from the wrapping.
  (volatile! nil))

(defn thrown?
  "True where evaluation, and not the compiler, threw `e`."
  [e]
  (identical? e @last-thrown))

(defonce ^:private running-ms
  (volatile! 0))

(defn running-time
  "The milliseconds for which this process has run scripts; what they load while they run is counted twice."
  []
  @running-ms)

(defonce ^:private interruptible
  (volatile! false))

(defn interrupting
  "Calls `f`; a SIGINT meanwhile ends the script that runs, be it an endless loop, with an error for which `interrupted?` is
  true. What the script had on its stack is gone, its `finally` blocks too."
  [f]
  (let [outer @interruptible]
    (vreset! interruptible true)
    (try
      (f)
      (finally
        (vreset! interruptible outer)))))

(defn interrupted?
  "True of the error of a script that was interrupted."
  [e]
  (= "ERR_SCRIPT_EXECUTION_INTERRUPTED" (some-> e .-code)))

(defonce ^:private last-run
  ;; What was run last, #js {:script :line}.
  (volatile! nil))

(defn run-since
  "The vm.Script that was run last, from which V8's code cache can be had; nil where it did not begin at generated line `start`."
  [start]
  (let [^js run @last-run]
    (when (= start (.-line run)) (.-script run))))

(defn- compile
  "A script; `code-cache` is what V8 kept of an earlier compilation of it, or nil."
  [js-text file line code-cache]
  (vm.Script. js-text
    #js {:filename file
         :lineOffset line
         :cachedData (or code-cache js/undefined)
         :importModuleDynamically (.. vm -constants -USE_MAIN_CONTEXT_DEFAULT_LOADER)}))

(defn- run-script! [js-text file line code]
  (let [began  (js/performance.now)
        script (compile js-text file line code)]
    (try
      ;; Node would put the line of JavaScript before the stack; what people are shown is the ClojureScript's.
      (.runInThisContext script #js {:displayErrors false :breakOnSigint @interruptible})
      (catch :default e
        ;; nil is thrown on as an error, since the compiler takes nil for none.
        (let [e (if (some? e) e (js/Error. "nil was thrown"))]
          (vreset! last-thrown e)
          (throw e)))
      (finally
        ;; What the script itself has run was set before.
        (vreset! last-run #js {:script script :line line})
        (vreset! running-ms (+ @running-ms (- (js/performance.now) began)))))))

(defn flush!
  "Evaluates what was added to the unit since the last run; returns the value of the last expression."
  [^Unit unit]
  (let [taken (.take unit)]
    (run-script! (.-source taken) (.-name unit) (.-line taken) nil)))

(defn run-text!
  "Evaluates JavaScript that is not compiled ClojureScript, under the name `file`."
  [js-text file]
  (run-script! js-text file 0 nil))

(defn run-stored!
  "Evaluates the JavaScript of a whole source that was compiled before. `code` is V8's code cache of it, or nil; `read-places`
  gives, when a place is asked for, #js [#js [line places] …], the lines counted from the start of the text, or nil."
  [name js-text code read-places]
  (let [^Unit u (unit name)
        line    (.-line u)]
    (.push (.-segments u) #js [line nil read-places])
    (.add u js-text nil)
    (.take u)
    (run-script! js-text name line code)))

(defn places-since
  "The places that were added to the unit from generated line `start` on, as `run-stored!` takes them."
  [^Unit unit start]
  (into-array
    (for [segment (.-segments unit) :when (>= (aget segment 0) start)]
      #js [(- (aget segment 0) start) (aget segment 1)])))

(defn next-line
  "The generated line at which what is added to the unit next will start."
  [^Unit unit]
  (.nextLine unit))

(defn load!
  "Evaluates the text of a script as `run-text!` does, compiled before where `code-cache` fits. Returns `#js {:value, :script}`."
  [js-text file code-cache]
  (let [script (compile js-text file 0 code-cache)]
    #js {:value (.runInThisContext script #js {:displayErrors false}) :script script}))

;; -- positions -----------------------------------------------------------------------------------------------------------

(defn- read-stored!
  "Puts the places of a stored source into the segments, in the place of segment `i` that stands for them."
  [segments i]
  (let [segment (aget segments i)]
    (.apply (.-splice segments) segments
      (into-array (list* i 1
                    (map (fn [stored] #js [(+ (aget segment 0) (aget stored 0)) (aget stored 1)])
                      ((aget segment 2))))))))

(defn- segment-at [segments line]
  (loop [i (dec (alength segments))]
    (when-not (neg? i)
      (let [segment (aget segments i)]
        (cond
          (< line (aget segment 0)) (recur (dec i))
          (aget segment 1)          segment
          :else (do (read-stored! segments i)
                    (segment-at segments line)))))))

(defn- place-at
  "The last of the places, which are in the order of their generated positions, that is not behind the line and column; the
  first one where all are. Returns its index or nil where there are none."
  [places line column]
  (loop [i 0 found nil]
    (if (and (< i (alength places))
             (or (nil? found)
                 (< (aget places i) line)
                 (and (= (aget places i) line) (<= (aget places (inc i)) column))))
      (recur (+ i 4) i)
      found)))

(defn position-in
  "Where the generated 0-based `line` and `column` came from, by segments as a Unit has them: `{:line :column}`, 1-based, or nil
  where it is not known."
  [segments line column]
  (when-let [segment (segment-at segments line)]
    (let [places (aget segment 1)]
      (when-let [i (place-at places (- line (aget segment 0)) column)]
        {:line (inc (aget places (+ i 2))) :column (inc (aget places (+ i 3)))}))))

(defonce packaged
  ;; What tells of a script of many sources that was compiled in another process: a function of a line and a column to
  ;; `{:file :line :column}`, its name, and whether a file is one of its sources.
  (atom {:name nil :position (fn [_line _column] nil) :source? (fn [_file] false)}))

(defn source-position
  "Where the generated 0-based `line` and `column` of the script called `name` came from: `{:line :column}`, 1-based, with `:file`
  where that is not called `name` too; or nil where it is not known."
  [name line column]
  (if (= name (:name @packaged))
    ((:position @packaged) line column)
    (when-let [^Unit u (.get units name)]
      (position-in (.-segments u) line column))))

(defn known?
  "True where `name` is a source that was compiled in this process, or for it."
  [name]
  (or (.has units name) (= name (:name @packaged)) ((:source? @packaged) name)))
