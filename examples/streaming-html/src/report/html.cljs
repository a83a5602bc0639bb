(ns report.html
  "HTML of vectors: [:td {:class \"n\"} 12]. Text is escaped, so that what came from outside is no markup."
  (:require
   [clojure.string :as string]))

(defn escape [text]
  (string/escape (str text) {\& "&amp;" \< "&lt;" \> "&gt;" \" "&quot;"}))

(defn- attributes [m]
  (string/join (for [[k v] m] (str " " (name k) "=\"" (escape v) "\""))))

(defn html
  "The markup of a vector, a sequence of such, a text, or nil."
  [x]
  (cond
    (vector? x) (let [[tag & more]      x
                      [attrs children] (if (map? (first more)) [(first more) (rest more)] [nil more])]
                  (str "<" (name tag) (attributes attrs) ">" (string/join (map html children)) "</" (name tag) ">"))
    (seq? x)    (string/join (map html x))
    :else       (escape x)))
