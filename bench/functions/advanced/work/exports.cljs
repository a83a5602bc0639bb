(ns work.exports
  "The functions as a module for AWS's runtime client, as shadow-cljs makes one of a :node-library."
  (:require [work.core :as core]))

(enable-console-print!)

(set! (.-exports js/module) #js {:hello core/hello-js :echo core/echo-js})
