(ns shop.middleware
  "Ring middleware. A handler may return a response or a promise of one, so each goes by way of `promise`."
  (:require
   [clojure.string :as string]
   [lumo.lambda.log :as log]))

(defn- promise
  "A promise of what the handler answers, also where it throws."
  [handler request]
  (js/Promise. (fn [resolve] (resolve (handler request)))))

(defn- json? [headers]
  (string/starts-with? (get headers "content-type" "") "application/json"))

(defn wrap-json
  "The request's JSON is `:json`, keys as keywords; a response's `:body` that is data is written as JSON."
  [handler]
  (fn [{:keys [headers body] :as request}]
    (let [[json problem] (when (and (json? headers) body)
                           (try
                             [(js->clj (js/JSON.parse (str body)) :keywordize-keys true)]
                             (catch :default e [nil (ex-message e)])))]
      (.then (if problem
               (js/Promise.resolve {:status 400 :body {:message (str "the body is no JSON: " problem)}})
               (promise handler (assoc request :json json)))
        (fn [{:keys [body] :as response}]
          (if (coll? body)
            (-> (assoc response :body (js/JSON.stringify (clj->js body)))
                (assoc-in [:headers "content-type"] "application/json"))
            response))))))

(defn wrap-query
  "The query's parameters are `:query-params`, strings by keywords."
  [handler]
  (fn [{:keys [query-string] :as request}]
    (handler (assoc request :query-params
               (into {} (map (fn [[k v]] [(keyword k) v])) (js/URLSearchParams. (or query-string "")))))))

(defn wrap-errors
  "An `ex-info` with a `:status` is an answer to the client. Anything else is logged, and the client learns nothing but 500."
  [handler]
  (fn [{:keys [uri] :as request}]
    (.catch (promise handler request)
      (fn [e]
        (if-let [status (:status (ex-data e))]
          {:status status :body {:message (ex-message e)}}
          (do
            (log/error "a request failed" {:uri uri} e)
            {:status 500 :body {:message "something went wrong"}}))))))
