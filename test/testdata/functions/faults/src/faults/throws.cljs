(ns faults.throws)

(def table
  (throw (ex-info "TABLE is not set" {:variable "TABLE"}))) ; thrown here

(defn handler [_] table)
