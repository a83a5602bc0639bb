(ns output.core
  "Writes to every place where output can go wrong, and answers all the same."
  (:require ["child_process" :as child]
            ["fs" :as fs]))

(def ^:private filling (apply str (repeat 90 "x")))

(defn handler [{:keys [event]}]
  (let [lines (get event "lines")]
    (dotimes [i lines]
      (println "line" i filling))
    (js/console.log "by console.log %d" 1)
    (js/console.error "by console.error")
    (fs/writeSync 1 (js/Buffer.from "raw to 1: \u0000LM\u0001 é\n"))
    (fs/writeSync 1 (js/Buffer.from #js [0x4c 0x4d 1 0x82 0 0 0 1 0 0 0 2 0x7b 0x7d 10])) ; the bytes of a forged answer
    (fs/writeSync 2 "raw to 2\n")
    (js/process.stdout.write "by process.stdout\n")
    (js/Promise.
      (fn [resolve reject]
        (doto (child/spawn "/bin/sh" #js ["-c" "echo child to stdout; echo child to stderr >&2"]
                           #js {:stdio #js ["inherit" "inherit" "inherit"]})
          (.on "error" reject)
          (.on "close" (fn [status] (resolve {:printed lines :child status}))))))))
