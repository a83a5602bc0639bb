(ns chaos.core
  "Goes wrong as its event says. Every line that it prints, and its answer, carry the event's mark.")

(defn- later [ms f]
  (js/Promise. (fn [resolve] (js/setTimeout #(resolve (f)) ms))))

(defn- never []
  (js/setInterval (fn []) 1000)
  (js/Promise. (fn [_ _])))

(defn- print-lines [mark n]
  (dotimes [i n]
    (println mark "line" i (.repeat "x" 80))))

(defn- fill
  "Takes memory until there is no more."
  [mark]
  (println mark "fills the heap")
  (loop [kept []]
    (recur (conj kept (vec (range 1000))))))

(defn handler [{:keys [event]}]
  (let [{:strs [do mark n]} event]
    (println mark "does" do)
    (case do
      "answer"     {:mark mark}
      "await"      (later n (fn [] {:mark mark}))
      "throw"      (throw (ex-info mark {:n n}))
      "reject"     (later n (fn [] (js/Promise.reject (js/Error. mark))))
      "uncaught"   (do (js/setTimeout #(throw (js/Error. mark)) n) (never))
      "exit"       (later n #(js/process.exit 3))
      "kill"       (later n #(do (js/process.kill js/process.pid "SIGKILL") (never)))
      "stop"       (later n #(do (js/process.kill js/process.pid "SIGSTOP") (never)))
      "silent"     (never)
      "loop"       (loop [] (recur))
      "unsettled"  (js/Promise. (fn [_ _]))
      "print"      (do (print-lines mark n) {:mark mark})
      "stdout"     (do (.writeSync (js/require "fs") 1 (str mark " " (.repeat "y" n) "\n")) {:mark mark})
      "fill"       (fill mark)
      "leave"      (do (js/setTimeout #(println mark "is late") n)
                       (js/setTimeout #(.catch (js/Promise.reject (js/Error. mark)) (fn [_] (println mark "was rejected late"))) n)
                       {:mark mark}))))
