(ns lumo.impl.lambda.dev
  "The child of `lumo-lambda dev` (LUMO_DEV=1): its handler follows the source.

  Before each invocation, and when a file is saved, the files of the loaded namespaces are compared with what was loaded: a `stat`
  each, so that no invocation runs code that is older than its file, whatever the file system tells and when. What has changed,
  and what requires it, is forgotten and the handler's namespace required again; `defonce` keeps its value. Code that cannot be
  loaded answers each invocation with its error until it is put right; the process, and with it a REPL, lives on."
  (:require
   [cljs.analyzer :as ana]
   [cljs.js :as cljs]
   [clojure.string :as string]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.load :as load]
   [lumo.impl.lambda.log :as log]
   [lumo.impl.loader :as loader]
   [lumo.impl.namespaces :as namespaces]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defonce ^:private sources
  ;; Of each namespace that was loaded from a file: {:file path, :stamp what stat said before it was read}
  (atom {}))

(defonce ^:private watched
  ;; The folders that are watched.
  (atom #{}))

(defonce ^:private failure
  ;; Why the handler cannot be loaded; nil where it is.
  (atom nil))

(defn on?
  "True in the child of `lumo-lambda dev`."
  []
  (= "1" (unchecked-get (.-env js/process) "LUMO_DEV")))

;; -- what has changed ----------------------------------------------------------------------------------------------------------

(defn- stamp
  "Changes when the file does; nil where there is none, as of what is in a JAR."
  [file]
  (when-let [stat (.statSync fs file #js {:throwIfNoEntry false :bigint true})]
    [(str (.-mtimeNs stat)) (str (.-size stat)) (str (.-ino stat))]))

(defn- note!
  "Called before the source of a namespace is read."
  [ns-sym file]
  (when-let [now (stamp file)]
    (swap! sources assoc ns-sym {:file file :stamp now})))

(defn- changed
  "The namespaces whose file is not the one that was loaded."
  []
  (into #{}
    (keep (fn [[ns-sym source]]
            (when (not= (:stamp source) (stamp (:file source)))
              ns-sym)))
    @sources))

(defn- requires?
  "True where namespace `ns-sym` requires one of `others`, itself or its macros."
  [ns-sym others]
  (let [{:keys [requires require-macros uses use-macros]} (namespaces/ns-map ns-sym)]
    (some others
      (concat (vals requires) (vals uses)
        (map ana/macro-ns-name (concat (vals require-macros) (vals use-macros)))))))

(defn- with-dependents
  "The namespaces, and all of the sources that require them, at first or at second hand."
  [namespaces]
  (let [more (into namespaces (filter #(requires? % namespaces)) (keys @sources))]
    (if (= more namespaces)
      namespaces
      (recur more))))

;; -- loading -------------------------------------------------------------------------------------------------------------------

(defn- load!
  "Loads the handler's namespace, with all of it that is not loaded. What is still not, nobody requires any more."
  [handler-name roots]
  (try
    ;; What comes from a cache has no file of its own that could be followed.
    (load/load! handler-name (assoc roots :uncached? true))
    (swap! sources select-keys @cljs/*loaded*)
    (reset! failure nil)
    (catch :default e
      (reset! failure (error/unwrap e)))))

(defn- log-failure! []
  (when-let [e @failure]
    (log/error! "error" e (error/load-error-type e) 0)))

(defn- log-reloaded! [namespaces began]
  (log/log! "info"
    (str "reloaded " (string/join ", " (sort (map str namespaces)))
         " in " (.toFixed (- (js/performance.now) began) 1) " ms")
    0))

(defn- follow!
  "Loads what has changed, or could not be loaded before. True where there was something to do."
  [handler-name roots]
  (let [began (js/performance.now)
        stale (changed)]
    (when (or @failure (seq stale))
      (let [again (with-dependents stale)]
        (swap! cljs/*loaded* #(reduce disj % again))
        (load! handler-name roots)
        (when (and (nil? @failure) (seq again))
          (log-reloaded! again began))
        true))))

;; -- watching ------------------------------------------------------------------------------------------------------------------

(defn- watch!
  "Has `f` called soon after something in the folder changed; an editor often writes twice."
  [folder f]
  (let [waiting (volatile! false)
        watcher (.watch fs folder #js {:persistent false}
                  (fn [_ _]
                    (when-not @waiting
                      (vreset! waiting true)
                      (.unref (js/setTimeout (fn [] (vreset! waiting false) (f)) 20)))))]
    ;; A folder that goes away is not watched any more: the next invocation looks for itself.
    (.on watcher "error" (fn [_] (.close watcher)))))

(defn- watch-sources!
  "Watches the folders of what is loaded."
  [f]
  (doseq [folder (into #{} (map #(.dirname node-path (:file %))) (vals @sources))
          :when  (and (not (contains? @watched folder)) (stamp folder))]
    (swap! watched conj folder)
    (watch! folder f)))

(defn handler!
  "Loads the handler, or remembers why it cannot be. Returns a function that gives, at each call, the handler as its source and
  whoever redefined it say, as `load/load!` does; it throws what
  keeps it from that."
  [handler-name roots]
  (reset! loader/on-load! note!)
  (load! handler-name roots)
  (log-failure!)
  (let [watch-all! (fn watch-all! []
                     (watch-sources! (fn []
                                       (when (follow! handler-name roots)
                                         (log-failure!)
                                         (watch-all!)))))]
    (watch-all!)
    (fn []
      (when (follow! handler-name roots)
        (watch-all!))
      (when-let [e @failure]
        (throw e))
      (load/resolve! handler-name))))
