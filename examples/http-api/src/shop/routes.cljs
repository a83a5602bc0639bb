(ns shop.routes
  "Routes as data: a method, the parts of a path, of which a keyword is a parameter, and who answers.

      [:get [\"items\" :id] show-item]"
  (:require
   [clojure.string :as string]))

(defn- parts [uri]
  (remove string/blank? (string/split uri #"/")))

(defn match
  "The parameters that a path of these parts has, or nil where it is another path."
  [pattern parts]
  (when (= (count pattern) (count parts))
    (reduce (fn [params [expected part]]
              (cond
                (keyword? expected) (assoc params expected (js/decodeURIComponent part))
                (= expected part)   params
                :else               (reduced nil)))
      {} (map vector pattern parts))))

(defn router
  "A Ring handler: the first route of the request's method and path answers, with `:path-params`."
  [routes]
  (fn [{:keys [request-method uri] :as request}]
    (let [found (for [[method pattern handler] routes
                      :let  [params (match pattern (parts uri))]
                      :when params]
                  {:method method :handler handler :params params})]
      (if-let [{:keys [handler params]} (first (filter #(= request-method (:method %)) found))]
        (handler (assoc request :path-params params))
        (if (seq found)
          {:status  405
           :headers {"allow" (string/join ", " (map #(string/upper-case (name (:method %))) found))}
           :body    {:message "not with this method"}}
          {:status 404 :body {:message (str "there is nothing at " uri)}})))))
