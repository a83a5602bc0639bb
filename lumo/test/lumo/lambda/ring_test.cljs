(ns lumo.lambda.ring-test
  (:require
   [cljs.test :refer [are async deftest is testing]]
   [lumo.lambda.events :as events]
   [lumo.lambda.ring :as ring]))

(def ^:private kinds
  {:v1 events/rest-api :v2 events/http-api :url events/function-url :alb events/load-balancer})

(deftest every-kind-is-the-same-request
  (doseq [[kind event] kinds
          :let [request (ring/request (event) {:aws-request-id "r"})]]
    (testing (str kind)
      (is (= {:request-method :get :uri "/hello" :query-string "name=Lisp" :body nil :scheme :https :server-port 443
              :remote-addr "198.51.100.7" :protocol "HTTP/1.1"}
             (update (select-keys request [:request-method :uri :query-string :body :scheme :server-port :remote-addr :protocol])
               :body not-empty)))
      (is (= "*/*" (get-in request [:headers "accept"])))
      (is (= (get-in request [:headers "host"]) (:server-name request)))
      (is (= {:aws-request-id "r"} (:lambda/context request)))
      (is (= (event) (:lambda/event request))))))

(deftest headers-of-many-values-and-cookies-are-joined
  (is (= {"accept" "a,b" "cookie" "x=1; y=2"}
         (:headers (ring/request (events/rest-api {"headers" nil "multiValueHeaders"
                                                   {"Accept" ["a" "b"] "Cookie" ["x=1" "y=2"] "Host" nil "X-Forwarded-For" nil
                                                    "X-Forwarded-Port" nil "X-Forwarded-Proto" nil}}) nil))))
  (is (= "x=1; y=2" (get-in (ring/request (events/http-api {"cookies" ["x=1" "y=2"]}) nil) [:headers "cookie"]))))

(deftest a-rest-apis-query-is-encoded-again-and-a-load-balancers-is-not
  (let [query {"multiValueQueryStringParameters" {"name" nil "a b" ["1&2" "ü"]}}]
    (is (= "a%20b=1%262&a%20b=%C3%BC" (:query-string (ring/request (events/rest-api query) nil)))))
  (is (= "q=a%20b" (:query-string (ring/request (events/load-balancer {"queryStringParameters" {"name" nil "q" "a%20b"}}) nil))))
  (is (nil? (:query-string (ring/request (events/http-api {"rawQueryString" ""}) nil)))))

(deftest bodies-are-decoded
  (let [body #(:body (ring/request (events/http-api {"body" %1 "isBase64Encoded" true "headers" {"content-type" %2}}) nil))]
    (are [type] (= "hé" (body "aMOp" type))
      "text/plain" "application/json; charset=utf-8" "application/problem+json" "application/x-www-form-urlencoded" nil)
    (is (= [255 0] (vec (body "/wA=" "application/octet-stream")))))
  (is (= "plain" (:body (ring/request (events/load-balancer {"body" "plain"}) nil)))))

(deftest an-event-that-is-no-request-is-refused
  (is (thrown-with-msg? ExceptionInfo #"not a request" (ring/request (events/sqs) nil))))

(def ^:private response
  {:status 201 :headers {"Content-Type" "text/plain" "Set-Cookie" ["a=1" "b=2"] "vary" ["x" "y"] "none" nil} :body "made"})

(deftest each-kind-is-answered-in-its-form
  (are [kind answer] (= (merge {"statusCode" 201 "body" "made" "isBase64Encoded" false} answer)
                        (ring/response response ((kinds kind))))
    :v2  {"headers" {"content-type" "text/plain" "vary" "x,y"} "cookies" ["a=1" "b=2"]}
    :url {"headers" {"content-type" "text/plain" "vary" "x,y"} "cookies" ["a=1" "b=2"]}
    :v1  {"multiValueHeaders" {"content-type" ["text/plain"] "set-cookie" ["a=1" "b=2"] "vary" ["x" "y"]}}
    :alb {"statusDescription" "201 Created"
          "headers" {"content-type" "text/plain" "set-cookie" "a=1" "Set-cookie" "b=2" "vary" "x,y"}})
  (is (= {"content-type" ["text/plain"] "set-cookie" ["a=1" "b=2"] "vary" ["x" "y"]}
         (get (ring/response response (events/load-balancer {"headers" nil "multiValueHeaders" {}})) "multiValueHeaders"))))

(deftest each-of-many-cookies-has-a-name-of-its-own
  (let [cookies (map #(str "c=" %) (range 100))
        answer  (ring/response {:headers {"set-cookie" cookies}} (events/load-balancer))]
    (is (= cookies (sort-by #(js/parseInt (subs % 2)) (vals (get answer "headers")))))
    (is (every? #(re-matches #"(?i)set-cookie" %) (keys (get answer "headers"))))))

(deftest bodies-of-every-kind
  (are [body text encoded?] (= [text encoded?] (map (ring/response {:body body} (events/http-api)) ["body" "isBase64Encoded"]))
    nil                            ""         false
    "x"                            "x"        false
    (list "a" "b")                 "ab"       false
    (.from js/Buffer #js [255 0])  "/wA="     true
    (js/Uint8Array. #js [104 105]) "aGk="     true)
  (is (= 200 (get (ring/response {} (events/http-api)) "statusCode")))
  (is (thrown-with-msg? ExceptionInfo #":body" (ring/response {:body 5} (events/http-api))))
  (is (thrown-with-msg? ExceptionInfo #"returns a map" (ring/response nil (events/http-api)))))

(deftest handlers-may-return-promises-and-streams
  (async done
    (let [invoke (fn [app] (js/Promise.resolve ((ring/handler app) {:event (events/http-api) :context {}})))
          stream (.from (.-Readable (js/require "stream")) #js ["s" "t"])]
      (-> (js/Promise.all
            #js [(invoke (fn [request] {:body (:uri request)}))
                 (invoke (fn [_] (js/Promise.resolve {:body "later"})))
                 (invoke (fn [_] {:body stream}))
                 (.catch (invoke (fn [_] (js/Promise.reject (js/Error. "no")))) ex-message)])
          (.then (fn [[now later streamed failed]]
                   (is (= ["/hello" "later" "c3Q=" "no"]
                          [(get now "body") (get later "body") (get streamed "body") failed]))))
          (.catch #(is (nil? %)))
          (.finally done)))))
