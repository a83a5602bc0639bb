(ns lumo.lambda.events-test
  (:require
   [cljs.test :refer [deftest is]]
   [lumo.lambda.events :as events]))

(deftest overrides-are-merged-and-nil-takes-out
  (let [event (events/http-api {"rawPath" "/x" "cookies" nil "requestContext" {"http" {"method" "PUT"}}})]
    (is (= "/x" (get event "rawPath")))
    (is (= ["PUT" "/hello"] (map (get-in event ["requestContext" "http"]) ["method" "path"])))
    (is (not (contains? event "cookies")))))

(deftest there-is-one-record-for-each-thing
  (doseq [make [events/sqs events/sns events/s3 events/kinesis]]
    (is (= 2 (count (get (make ["a" "b"]) "Records"))))
    (is (= 1 (count (get (make) "Records"))))
    (is (= 3 (get (make ["a"] {"extra" 3}) "extra"))))
  (is (= "0cc175b9c0f1b6a831c399e269772661" (get-in (events/sqs ["a"]) ["Records" 0 "md5OfBody"])))
  (is (= "a+b/%C3%BC" (get-in (events/s3 ["a b/ü"]) ["Records" 0 "s3" "object" "key"]))))
