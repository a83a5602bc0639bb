(ns faults.missing
  (:require [no.such-library :as lib]))

(defn handler [_] (lib/call))
