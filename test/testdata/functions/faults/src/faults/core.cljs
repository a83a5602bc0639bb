(ns faults.core
  "Everything that can go wrong while an event is handled.")

(defn- never []
  (js/Promise. (fn [_ _])))

(defn- while-a-timer-runs []
  (js/setInterval (fn []) 1000)
  (never))

(defn- deeper [order]
  (throw (ex-info "no such order" {:order order} (js/TypeError. "the inner reason")))) ; thrown here

(def ^:private gate
  "A promise that another request fulfils."
  (let [open (volatile! nil)]
    {:opened (js/Promise. (fn [resolve _] (vreset! open resolve)))
     :open   #(@open)}))

(defn- later
  "Has `f` called once the gate is open, as work that this request has left."
  [f]
  (.then (:opened gate) #(js/setTimeout f 0))
  {:left true})

(defn- spin []
  (loop [] (recur))) ; stuck here

(defn handler [{:keys [event]}]
  (case (get event "do")
    "throw"        (inc (deeper 7))
    "throw-text"   (throw "just text")
    "type-error"   (.toUpperCase (get event "missing")) ; undefined here
    "reject"       (js/Promise.reject (ex-info "rejected" {:code 1}))
    "reject-later" (js/Promise. (fn [_ reject] (js/setTimeout #(reject (js/RangeError. "too far")) 10)))
    "uncaught"     (do (js/setTimeout #(throw (js/Error. "thrown in a timer")) 0) (while-a-timer-runs))
    "unhandled"    (do (js/Promise.reject (js/Error. "nobody waits for this")) (while-a-timer-runs))
    "exit"         (js/process.exit 3)
    "exit-zero"    (js/process.exit 0)
    "kill"         (do (js/process.kill js/process.pid "SIGKILL") (while-a-timer-runs))
    "never"        (never)
    "hang"         (while-a-timer-runs)
    "loop"         (spin)
    "listen"       (do (.on js/process "SIGUSR1" #(println "a signal of the function's own")) (while-a-timer-runs))
    "block"        (.execSync (js/require "child_process") "sleep 60")
    "cycle"        (let [o #js {}] (set! (.-self o) o) o)
    "leave"        (let [child (.spawn (js/require "child_process") "sleep" #js ["1000"] #js {:detached true :stdio "inherit"})]
                     (.unref child)
                     [js/process.pid (.-pid child)])
    "leave-throw"  (later #(throw (js/Error. "left behind")))
    "leave-reject" (later #(js/Promise.reject (js/Error. "left behind")))
    "leave-exit"   (later #(js/process.exit 4))
    "open"         (do ((:open gate))
                       (js/Promise. (fn [resolve _] (js/setTimeout #(resolve {:opened true}) 50))))
    "heap"         (loop [kept (list)] (recur (conj kept (vec (range 1000)))))
    "large"        (.repeat "x" 6400000)
    {:alive (get event "n")}))
