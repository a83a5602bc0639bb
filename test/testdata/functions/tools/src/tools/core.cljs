(ns tools.core
  "What lumo.lambda offers a function: its log, the current request, Ring."
  (:require
   [lumo.lambda :as lambda]
   [lumo.lambda.log :as log]
   [lumo.lambda.ring :as ring]))

(lambda/on-shutdown! (fn [] (js/Promise. (fn [resolve _] (js/setTimeout #(do (println "closing") (resolve)) 1)))))
(lambda/on-shutdown! #(throw (js/Error. "this hook fails")))

(defn- pause []
  (js/Promise. (fn [resolve _] (js/setTimeout resolve 1))))

(defn log-lines [_]
  (log/trace "t")
  (log/debug "d" {:n 1})
  (log/info "order placed" {:order 7 :shop/id "a" :level 3})
  (log/warn "w" (js/TypeError. "no"))
  (log/error "e" {:k [1 #{:x}]} (ex-info "boom" {:n 1}))
  (js/console.error "console" (js/RangeError. "far"))
  (tap> {:tapped [1 2]})
  (println "{\"_aws\":{\"Timestamp\":1}}")
  (println "printed")
  (if (log/enabled? :debug) "debug" "no debug"))

(defn ^{:lambda/event :keywords} who [{:keys [context]}]
  (.then (pause)
    (fn [_]
      (let [left (lambda/remaining-ms)]
        {:same (= (lambda/request-id) (:aws-request-id (lambda/context)) (:aws-request-id context))
         :left (< 0 left 60000)}))))

(def outside (lambda/request-id))

(defn- app [{:keys [uri body lambda/context] :as request}]
  (case uri
    "/later" (.then (pause) (fn [_] {:status 202 :body (str (name (:request-method request)) " " body)}))
    "/bytes" {:headers {"content-type" "image/png" "set-cookie" ["a=1" "b=2"]} :body (.from js/Buffer #js [137 80])}
    {:status 404 :body (str uri " " (some? (:aws-request-id context)) " " outside)}))

(def web (ring/handler app))
