(ns lumo.lambda
  "What a function can ask of the request that it is handling, from anywhere in its code: which request that is follows the
  asynchronous context, through promises and timers."
  (:require
   [lumo.impl.lambda :as impl]
   [lumo.impl.lambda.log :as log]))

(defn context
  "The context map that the handler was given, or nil outside a request, such as while the namespace is loaded."
  []
  (some-> ^js (log/current-request) .-context))

(defn request-id
  "The id of the request, a string, or nil outside one."
  []
  (:aws-request-id (context)))

(defn remaining-ms
  "The milliseconds until Lambda ends the request, or nil where there is no deadline. Lumo ends it a little earlier: a twentieth
  of the function's time-out, 50 to 200 ms."
  []
  (when-let [remaining (:remaining-ms (context))]
    (remaining)))

(defn on-shutdown!
  "Has `f` called, without arguments, before the process ends in good order: to close connections, to send what is buffered.
  It may return a promise. The newest is called first; one that fails is logged. Lambda gives little time, and none at all to
  a function without extensions: what must not be lost belongs before the answer."
  [f]
  (impl/on-shutdown! f))
