(ns my-package.my-ns)

(defn my-handler [{:keys [event context] :as input}]
  (println "a line from the handler")
  {:my-input input})
