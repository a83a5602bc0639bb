(ns faults.value)

(def handler 42)
