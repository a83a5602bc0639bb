(ns shop.core
  "An HTTP API: a shop that has a list of things, and takes orders."
  (:require
   [lumo.lambda.ring :as ring]
   [shop.middleware :as middleware]
   [shop.routes :as routes]))

(def items
  {"tea"    {:name "Tea" :cents 350}
   "coffee" {:name "Coffee" :cents 490}
   "jam"    {:name "Jam" :cents 620}})

(defn- item [id]
  (or (get items id)
      (throw (ex-info (str "there is no " id) {:status 404}))))

(defn list-items [{{:keys [most]} :query-params}]
  {:body (for [[id {:keys [cents] :as item}] items
               :when (or (nil? most) (<= cents (js/parseInt most)))]
           (assoc item :id id))})

(defn show-item [{{:keys [id]} :path-params}]
  {:body (item id)})

(defn order [{:keys [json]}]
  (when-not (seq (:lines json))
    (throw (ex-info "an order has lines, as in {\"lines\": [{\"id\": \"tea\", \"count\": 2}]}" {:status 422})))
  {:status 201
   :body   {:cents (reduce + (for [{:keys [id count]} (:lines json)]
                               (* count (:cents (item id)))))}})

(def app
  "The routes, and around them what is the same for all; the last is the outermost."
  (-> (routes/router [[:get ["items"] list-items]
                      [:get ["items" :id] show-item]
                      [:post ["orders"] order]])
      middleware/wrap-query
      middleware/wrap-errors
      middleware/wrap-json))

(def handler
  "What Lambda calls: the same for HTTP and REST APIs, function URLs and load balancers."
  (ring/handler app))
