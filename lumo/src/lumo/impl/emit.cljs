(ns lumo.impl.emit
  "Faster ways for two functions of the compiler that run for every token and every node that it emits.

  `cljs.compiler/emits` writes through `print`, which builds a printer for each token, and `cljs.compiler/emit` keeps the source
  map as maps of maps that are updated for each node. Ours write the token straight to `*print-fn*`, which the compiler has
  bound to the text being made, and keep a place as four numbers in a JavaScript array."
  (:require
   [cljs.analyzer.impl :as ana.impl]
   [cljs.compiler :as comp]))

(defonce ^:private places
  ;; Of the form being emitted: generated line, generated column, source line, source column, all 0-based, four numbers a place.
  (atom nil))

(defn recording
  "Calls `f`, which emits one form, and returns what it returns; `(take-places!)` inside it gives the places so far."
  [f]
  (let [outer @places]
    (reset! places #js [])
    (try
      (f)
      (finally
        (reset! places outer)))))

(defn take-places!
  "The places recorded since the last call, a JS array of numbers."
  []
  (let [taken @places]
    (reset! places #js [])
    taken))

(defn- record-place! [ast]
  (let [env  (:env ast)
        line (:line env)]
    (when line
      (let [{:keys [gen-line gen-col]} @comp/*source-map-data*
            column (:column env)]
        (.push @places gen-line gen-col (dec line) (if column (dec column) 0))))))

(defn- emit [ast]
  (when (and comp/*source-map-data* @places)
    (record-place! ast))
  (comp/emit* ast))

(defn- emit-token [x]
  (cond
    (nil? x) nil
    (ana.impl/cljs-map? x) (comp/emit x)
    (ana.impl/cljs-seq? x) (run! emit-token x)
    (js-fn? x) (x)
    :else
    (let [s (str x)]
      (when-some [data comp/*source-map-data*]
        (let [m @data]
          (reset! data (assoc m :gen-col (+ (:gen-col m) (.-length s))))))
      (*print-fn* s)))
  nil)

(defn install!
  "Puts them in the compiler's place."
  []
  (set! comp/emit emit)
  ;; emits has many arities, each of which ends in the first.
  (set! (.-cljs$core$IFn$_invoke$arity$1 comp/emits) emit-token))
