(ns work.s3
  "The greeting, in a function that has the AWS SDK loaded and a client made."
  (:require ["@aws-sdk/client-s3" :refer [S3Client]]
            [work.core :as core]))

(def client (S3Client. #js {:region "eu-west-1"}))

(def hello core/hello)

(def hello-js core/hello-js)
