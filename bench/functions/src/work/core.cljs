(ns work.core
  "The functions that lumo, nbb and compiled ClojureScript are compared with: a greeting and an echo.")

(defn greet [event request-id]
  (println "greeting for request" request-id)
  {"greeting" (str "Hello, " (get event "name") "!")})

;; As lumo calls handlers.

(defn hello [{:keys [event context]}]
  (greet event (:aws-request-id context)))

(defn echo [{:keys [event]}]
  event)

;; As AWS's runtime client for Node calls them.

(defn hello-js [event ^js context]
  (js/Promise.resolve (clj->js (greet (js->clj event) (.-awsRequestId context)))))

(defn echo-js [event _context]
  (js/Promise.resolve (clj->js (js->clj event))))
