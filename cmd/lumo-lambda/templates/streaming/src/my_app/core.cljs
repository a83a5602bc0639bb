(ns my-app.core
  "A page that is sent while it is made: the browser shows its beginning before its end is known."
  (:require
   [clojure.string :as string]
   [lumo.lambda.stream :as stream]))

(defn- escape [text]
  (string/escape text {\& "&amp;" \< "&lt;" \> "&gt;" \" "&quot;"}))

(defn page
  "The page's pieces, a lazy sequence: each is made when the reader has room for it."
  [title rows]
  (concat
    [(str "<!doctype html>\n<meta charset=\"utf-8\">\n<title>" (escape title) "</title>\n<ol>\n")]
    (map #(str "<li>" (escape %) "</li>\n") rows)
    ["</ol>\n"]))

(defn ^{:lambda/response :stream} handler
  "Function URLs (invoke mode RESPONSE_STREAM) send what this gives as it comes."
  [{:keys [event]}]
  (let [rows (js/parseInt (get-in event ["queryStringParameters" "rows"] "1000"))]
    (stream/http {:status  200
                  :headers {"content-type" "text/html; charset=utf-8"}
                  :body    (page "Rows" (map #(str "row " %) (range rows)))})))
