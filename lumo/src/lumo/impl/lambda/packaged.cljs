(ns lumo.impl.lambda.packaged
  "Loads a handler that `lumo-lambda package` has compiled. Below the function's root, `.lumo` holds

    app.js       every namespace that the function needs and the runtime has not, in the order in which they are loaded; its
                 value is an object of the handler's name and metadata
    app.cache    what V8 keeps of its compilation
    places.json  from the lines of app.js to those of the sources; read when an error's stack is

  There is no compiler in this process. Where app.js has run while a snapshot was built, its value is here already."
  (:require
   [lumo.impl.classpath :as classpath]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.handler :as handler]
   [lumo.impl.npm :as npm]
   [lumo.impl.script :as script]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(def ^:private script-name "app.js")

(defonce ^:private about
  ;; The value of app.js, where it has run.
  (atom nil))

(defn- in-package [root file]
  (.join node-path root ".lumo" file))

;; -- positions -----------------------------------------------------------------------------------------------------------

(defn- read-places [root]
  (let [^js places (js/JSON.parse (.readFileSync fs (in-package root "places.json") "utf8"))
        files      (.map (.-files places) #(.resolve node-path root %))]
    {:files files :file-set (js/Set. files) :starts (.-starts places) :segments (.-segments places)}))

(defn- last-not-behind
  "The index of the last of the ascending `starts` that is not behind `line`; nil where all are."
  [starts line]
  (loop [i (dec (alength starts))]
    (when-not (neg? i)
      (if (<= (aget starts i) line) i (recur (dec i))))))

(defn tell-places!
  "Has stack traces name the sources of the function whose root is `root`."
  [root]
  (let [places (delay (read-places root))]
    (reset! script/packaged
      {:name     script-name
       :position (fn [line column]
                   (let [{:keys [files starts segments]} @places]
                     (when-let [i (last-not-behind starts line)]
                       (some-> (script/position-in (aget segments i) line column) (assoc :file (aget files i))))))
       :source?  (fn [file] (.has (:file-set @places) file))})))

;; -- loading ---------------------------------------------------------------------------------------------------------------

(defn- code-cache
  "The code cache; nil where there is none, as while it is being made."
  [root]
  (try
    (.readFileSync fs (in-package root "app.cache"))
    (catch :default e
      (if (= "ENOENT" (.-code e)) nil (throw e)))))

(defn load-app!
  "Runs the app.js of the function whose root is `root`; returns its script."
  [root]
  (let [loaded (script/load! (.readFileSync fs (in-package root "app.js") "latin1") script-name (code-cache root))]
    (reset! about (.-value loaded))
    (.-script loaded)))

(defn- handler-of
  "The handler that app.js tells of, if it is the one named by `text`."
  [text]
  (let [^js a   @about
        sym     (handler/parse-name text)
        form    #(some-> % keyword)]
    (when (not= text (.-handler a))
      (throw (error/own "Runtime.HandlerNotFound"
               (str "the function was packaged for the handler " (.-handler a) ", not for " text "; package it again"))))
    (handler/handler sym (constantly (.-value a)) {:lambda/event (form (.-event a)) :lambda/response (form (.-response a))})))

(defn load!
  "The handler named by `text`, as lumo.impl.lambda.handler/handler makes it."
  [text {:keys [task-root layer-root]}]
  (classpath/set-paths! (handler/class-path task-root layer-root))
  (npm/install! task-root)
  (tell-places! task-root)
  (when-not @about
    (load-app! task-root))
  (handler-of text))
