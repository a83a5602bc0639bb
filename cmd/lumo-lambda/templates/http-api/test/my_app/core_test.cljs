(ns my-app.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [lumo.lambda.events :as events]
   [my-app.core :as core]))

(deftest routes
  (is (= "{\"greeting\":\"Hello, world!\"}" (:body (core/app {:request-method :get :uri "/"}))))
  (is (= "{\"greeting\":\"Hello, Ada Lovelace!\"}" (:body (core/app {:request-method :get :uri "/hello/Ada%20Lovelace"}))))
  (is (= 404 (:status (core/app {:request-method :get :uri "/nowhere"})))))

(deftest errors-are-not-told
  (is (= 500 (:status ((core/wrap-errors #(throw (js/Error. "secret"))) {})))))

(deftest answers-api-gateway
  (async done
    (-> (js/Promise.resolve (core/handler {:event (events/http-api {"rawPath" "/hello/Lisp"})}))
        (.then (fn [answer]
                 (let [{:strs [statusCode body]} (js->clj (clj->js answer))]
                   (is (= 200 statusCode))
                   (is (= "{\"greeting\":\"Hello, Lisp!\"}" body)))))
        (.finally done))))
