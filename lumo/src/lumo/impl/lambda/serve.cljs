(ns lumo.impl.lambda.serve
  "Serves a handler that is loaded from source: in `lumo-lambda dev` one that follows it, and beside it, where that is asked for, an
  nREPL server and a socket REPL."
  (:require
   [lumo.impl.compiler :as compiler]
   [lumo.impl.lambda :as lambda]
   [lumo.impl.lambda.dev :as dev]
   [lumo.impl.lambda.load :as load]
   [lumo.impl.lambda.log :as log]
   [lumo.impl.loader :as loader]
   [lumo.impl.namespaces :as namespaces]))

(defn- load!
  "Loads the handler; a function that gives it to each invocation, and in `lumo-lambda dev` may throw."
  [handler-name roots]
  (if (dev/on?)
    (comp lambda/served (dev/handler! handler-name roots))
    (constantly (lambda/served (load/load! handler-name roots)))))

(defn- serve-nrepl!
  "Has an nREPL server beside the handler where LUMO_NREPL, `[HOST:]PORT`, asks for one: what is evaluated there changes the next
  answer."
  []
  (when-let [address (not-empty (unchecked-get (.-env js/process) "LUMO_NREPL"))]
    (loader/require-ns! 'lumo.nrepl)
    ((namespaces/ns-value 'lumo.nrepl/serve-beside!) address)))

(defn- serve-socket-repl!
  "The same where LUMO_SOCKET_REPL asks for a socket REPL."
  []
  (when-let [address (not-empty (unchecked-get (.-env js/process) "LUMO_SOCKET_REPL"))]
    (loader/require-ns! 'lumo.impl.socket)
    (.unref ^js ((namespaces/ns-value 'lumo.impl.socket/start!) address))))

(defn start!
  "Serves the handler named `handler-name` until stdin ends or bootstrap sends Stop."
  [handler-name]
  (reset! compiler/warn! #(log/log! "warn" %))
  (lambda/start! handler-name load! #(do (serve-nrepl!) (serve-socket-repl!))))
