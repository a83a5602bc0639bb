(ns lumo.impl.lambda.event-test
  (:require
   [cljs.test :refer [are async deftest is testing]]
   [lumo.fixture :refer [thrown]]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.event :as event]))

(deftest an-event-is-maps-with-string-keys
  (are [expected text] (= expected ((event/event-reader nil) text))
    {"a" [1 {"b/c" nil}]} "{\"a\": [1, {\"b/c\": null}]}"
    "žluť 😀"             "\"žluť 😀\""
    nil                   "null"
    nil                   ""
    []                    "[]"
    {}                    "{}"
    {"__proto__" 1 "constructor" 2} "{\"__proto__\": 1, \"constructor\": 2}"))

(deftest a-large-event-comes-whole
  (let [x (into {} (map (fn [i] [(str "k" i) (vec (range 40))])) (range 200))]
    (is (= x ((event/event-reader nil) (js/JSON.stringify (clj->js x)))))))

(deftest the-handler-chooses-the-form
  (let [text "{\"a\": {\"b\": 1}}"]
    (is (= {:a {:b 1}} ((event/event-reader :keywords) text)))
    (is (= 1 (.. ((event/event-reader :js) text) -a -b)))
    (is (= text ((event/event-reader :json) text)))
    (is (= "Runtime.HandlerNotFound" (error/own-type (thrown #(event/event-reader :xml)))))))

(deftest what-is-not-json-is-told
  (is (= "Runtime.UnmarshalError" (error/own-type (thrown #((event/event-reader nil) "{"))))))

(deftest the-context-has-both-names-and-what-is-there
  (let [context (event/context-map #js {:awsRequestId "id" :invokedFunctionArn "arn" :deadlineMs (+ (js/Date.now) 60000)
                                        :clientContext "{\"custom\": {\"k\": 1}}" :cognitoIdentity "no JSON"})]
    (is (= "id" (:aws-request-id context)))
    (is (= "arn" (:lambda-runtime-invoked-function-arn context) (:invoked-function-arn context)))
    (is (= {:custom {:k 1}} (:client-context context)))
    (is (< 0 ((:remaining-ms context)) 60001))
    (testing "what is absent, or cannot be read, has no key"
      (is (not-any? #(contains? context %) [:trace-id :tenant-id :identity])))))

(deftest the-identity-has-its-documented-keys-whatever-their-case
  (doseq [text ["{\"cognitoIdentityId\": \"i\", \"cognitoIdentityPoolId\": \"p\", \"more\": 1}"
                "{\"CognitoIdentityId\": \"i\", \"cognitoidentitypoolid\": \"p\", \"more\": 1}"]]
    (is (= {:cognitoIdentityId "i" :cognitoIdentityPoolId "p" :more 1}
           (:identity (event/context-map #js {:awsRequestId "id" :cognitoIdentity text}))))))

(deftest a-client-context-may-hold-any-values
  (is (= {:custom {:n 1 :list [true nil]} :env {:é "ž"}}
         (:client-context (event/context-map #js {:awsRequestId  "id"
                                                  :clientContext "{\"custom\":{\"n\":1,\"list\":[true,null]},\"env\":{\"é\":\"ž\"}}"})))))

(defn- answer [x] (.toString (event/answer-bytes x) "utf8"))

(deftest an-answer-is-json
  (are [text x] (= text (answer x))
    "{\"a\":[1,\"b\",\"c\",null,true]}" {:a [1 :b 'c nil true]}
    "{\"s\":{\"t\":1}}"                 {"s" {:t 1}}
    "\"text\""                          "text"
    "null"                              nil
    "null"                              js/undefined
    "null"                              inc
    "[1,2]"                             (list 1 2)
    "[0,1]"                             (map identity (range 2))
    "{\"x\":1}"                         #js {:x 1}
    "\"ž😀\""                           "ž😀"))

(deftest bytes-are-the-answer-as-they-are
  (let [bytes (.from js/Buffer #js [0 255 128])]
    (is (identical? bytes (event/answer-bytes bytes))))
  (is (= 3 (.-length (event/answer-bytes (js/Uint8Array. 3))))))

(deftest what-has-no-json-is-told
  (let [cycle #js {}]
    (set! (.-self cycle) cycle)
    (is (= "Runtime.MarshalError" (error/own-type (thrown #(event/answer-bytes cycle))))))
  (is (= "Runtime.MarshalError" (error/own-type (thrown #(event/answer-bytes (js/BigInt 1)))))))

(deftest a-stream-is-gathered
  (async done
    (let [{:keys [Readable]} (js->clj (js/Object.assign #js {} (js/require "stream")) :keywordize-keys true)]
      (-> (event/answer-bytes (.from Readable #js ["ž" (.from js/Buffer "b") "c"]))
          (.then #(is (= "žbc" (.toString % "utf8"))))
          (.catch #(is (nil? %)))
          (.then done)))))

(deftest a-stream-that-fails-fails
  (async done
    (let [stream (js/require "stream")
          broken (new (.-Readable stream) #js {:read (fn [] (this-as this (.destroy this (js/Error. "broken"))))})]
      (-> (event/answer-bytes broken)
          (.then #(is false "it did not fail") #(is (= "broken" (ex-message %))))
          (.then done)))))
