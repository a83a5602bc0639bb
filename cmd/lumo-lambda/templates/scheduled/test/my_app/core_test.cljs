(ns my-app.core-test
  (:require
   [cljs.test :refer [deftest is]]
   [lumo.lambda.events :as events]
   [my-app.core :as core]))

(deftest works-on-the-hour-before
  (let [event (events/scheduled {"time" "2026-01-02T03:00:00Z"})]
    (is (= "2026-01-02T02:00:00.000Z" (.toISOString (js/Date. (:from (core/window event))))))
    (is (= {:minutes 60} (core/handler {:event event})))))
