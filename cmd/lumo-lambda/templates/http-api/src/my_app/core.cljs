(ns my-app.core
  "An HTTP API: the same handler serves API Gateway, function URLs and load balancers."
  (:require
   [clojure.string :as string]
   [lumo.lambda.log :as log]
   [lumo.lambda.ring :as ring]))

(defn- json [status body]
  {:status  status
   :headers {"content-type" "application/json"}
   :body    (js/JSON.stringify (clj->js body))})

(defn greeting
  "The text of the greeting. Change it while `lumo-lambda dev` runs, and ask again."
  [who]
  (str "Hello, " who "!"))

(defn- hello [who]
  (json 200 {:greeting (greeting who)}))

(defn- echo [{:keys [^js body headers]}]
  (json 200 {:type (get headers "content-type") :length (if body (.-length body) 0)}))

(defn app
  "A Ring handler: from a request to a response."
  [{:keys [request-method uri] :as request}]
  (let [[place who] (remove string/blank? (string/split uri #"/"))]
    (case [request-method place]
      [:get nil]     (hello "world")
      [:get "hello"] (hello (js/decodeURIComponent (or who "world")))
      [:post "echo"] (echo request)
      (json 404 {:message (str "there is nothing at " uri)}))))

(defn wrap-errors
  "Ring middleware: what goes wrong in `app` is logged, and told to the client as nothing but a 500."
  [app]
  (fn [request]
    (try
      (app request)
      (catch :default e
        (log/error "a request failed" {:uri (:uri request)} e)
        (json 500 {:message "something went wrong"})))))

(def handler
  "What Lambda calls."
  (ring/handler (wrap-errors #(app %))))
