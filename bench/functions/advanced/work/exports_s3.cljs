(ns work.exports-s3
  "work.exports, with the AWS SDK loaded and a client made as work.s3 does."
  (:require [work.core :as core]))

(enable-console-print!)

(def ^js s3 (js/require "@aws-sdk/client-s3"))

(def client (new (.-S3Client s3) #js {:region "eu-west-1"}))

(set! (.-exports js/module) #js {:hello core/hello-js :client client})
