(ns channels.core
  "Handlers that return core.async's channels."
  (:require
   [cljs.core.async :as a :refer [<! >! chan go timeout]]
   [cljs.core.async.interop :refer-macros [<p!]]
   [lumo.lambda.ring :as ring]))

(def app
  (ring/handler (fn [{:keys [uri]}] (go (<! (timeout 1)) {:status 201 :body uri}))))

(defn handler [event _]
  (case event
    "value"   (go (<! (timeout 1)) {:soon true})
    "nested"  (go (let [[a b] (<! (a/map vector [(go 1) (go (<p! (js/Promise.resolve 2)))]))] (+ a b)))
    "alts"    (go (first (a/alts! [(timeout 10000) (go :first)])))
    "closed"  (doto (chan) a/close!)
    "error"   (go (try (<p! (js/Promise.reject (js/Error. "refused")))
                    (catch :default e (ex-cause e))))
    "throws"  (go (<! (timeout 1)) (throw (ex-info "in the block" {:a 1})))
    "promise" (js/Promise.resolve (go "both"))))

(defonce closed-early (atom false))

(defn ^{:lambda/response :stream} stream [event _ _]
  (let [out (chan)]
    (case event
      "chunks"  (go (doseq [chunk ["one " "two"]] (<! (timeout 1)) (>! out chunk)) (a/close! out))
      "error"   (go (>! out "one ") (>! out (ex-info "in the middle" {})))
      "endless" (go (while (>! out (.alloc js/Buffer 65536 "x"))) (reset! closed-early true))
      "closed?" (go (>! out (str @closed-early)) (a/close! out)))
    out))
