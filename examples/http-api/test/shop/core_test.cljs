(ns shop.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [lumo.lambda.events :as events]
   [shop.core :as core]
   [shop.middleware :as middleware]
   [shop.routes :as routes]))

(deftest paths-have-parameters
  (is (= {:id "green tea"} (routes/match ["items" :id] ["items" "green%20tea"])))
  (is (= {} (routes/match [] [])))
  (is (nil? (routes/match ["items" :id] ["orders" "1"])))
  (is (nil? (routes/match ["items"] ["items" "1"]))))

(defn- answers
  "Passes events of API Gateway, one after another, and gives f the statuses and bodies."
  [done f & events]
  (-> (js/Promise.all (into-array (map #(js/Promise.resolve (core/handler {:event (events/http-api %)})) events)))
      (.then (fn [answers]
               (f (for [answer answers]
                    (let [{:strs [statusCode body]} (js->clj (clj->js answer))]
                      [statusCode (js->clj (js/JSON.parse body))])))))
      (.finally done)))

(defn- request [method path extra]
  (merge {"rawPath" path "rawQueryString" "" "requestContext" {"http" {"method" method "path" path}}} extra))

(deftest answers-requests
  (async done
    (answers done
      (fn [[cheap tea nothing method order bad invalid]]
        (is (= [200 [{"name" "Tea" "cents" 350 "id" "tea"}]] cheap))
        (is (= [200 {"name" "Tea" "cents" 350}] tea))
        (is (= [404 {"message" "there is no wine"}] nothing))
        (is (= [405 {"message" "not with this method"}] method))
        (is (= [201 {"cents" 1320}] order))
        (is (= 400 (first bad)))
        (is (= 422 (first invalid))))
      (request "GET" "/items" {"rawQueryString" "most=400"})
      (request "GET" "/items/tea" {})
      (request "GET" "/items/wine" {})
      (request "DELETE" "/items/tea" {})
      (request "POST" "/orders" {"headers" {"content-type" "application/json"}
                                 "body"    "{\"lines\":[{\"id\":\"tea\",\"count\":2},{\"id\":\"jam\",\"count\":1}]}"})
      (request "POST" "/orders" {"headers" {"content-type" "application/json"} "body" "{"})
      (request "POST" "/orders" {"headers" {"content-type" "application/json"} "body" "{}"}))))

(deftest errors-are-not-told
  (async done
    (-> ((middleware/wrap-errors (fn [_] (throw (js/Error. "secret")))) {:uri "/"})
        (.then #(is (= {:status 500 :body {:message "something went wrong"}} %)))
        (.finally done))))
