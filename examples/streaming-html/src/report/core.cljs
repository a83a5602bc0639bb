(ns report.core
  "A report that is sent while it is made: the browser shows its first rows before the last ones are read."
  (:require
   [lumo.lambda.stream :as stream]
   [report.html :as html]))

(defn fetch-page
  "A promise of a page of rows, and of the number of the next page, as a database would give them; here they are made up."
  [page pages]
  (js/Promise.resolve
    {:rows (for [n (range 3)]
             {:order (+ 1 n (* 3 page)) :from (if (even? n) "Ada & Co" "<Grace>")})
     :next (when (< (inc page) pages) (inc page))}))

(defn- head [title]
  (str "<!doctype html>\n" (html/html [:title title]) "\n" (html/html [:h1 title]) "\n<table>\n"))

(defn- row [{:keys [order from]}]
  (str (html/html [:tr [:td {:class "number"} order] [:td from]]) "\n"))

(defn ^:async write-report!
  "Writes the report to `out`. A reader that is slow stalls it, between two pages."
  [out fetch-page pages]
  (await (stream/write! out (head "Orders")))
  (loop [page 0 total 0]
    (let [{:keys [rows next]} (await (fetch-page page pages))
          total (+ total (count rows))]
      (await (stream/write! out (apply str (map row rows))))
      (if next
        (recur next total)
        (await (stream/write! out (str "</table>\n" (html/html [:p total " orders"]) "\n")))))))

(defn ^{:lambda/response :stream} handler
  "Function URLs with the invoke mode RESPONSE_STREAM send what is written to `out` as it comes."
  [event _context out]
  (stream/http! out {:status 200 :headers {"content-type" "text/html; charset=utf-8"}})
  (write-report! out fetch-page (js/parseInt (get-in event ["queryStringParameters" "pages"] "2"))))
