(ns lumo.impl.lambda.load
  "Loads a handler from source."
  (:require
   [clojure.string :as string]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.handler :as handler]
   [lumo.impl.loader :as loader]
   [lumo.impl.namespaces :as namespaces]
   [lumo.impl.npm :as npm]
   [lumo.impl.text :as text]))

(def ^:private node-path (js/require "path"))

(defn- fail [type message]
  (throw (error/own type message)))

(defn- caches
  "The compile caches of a function: its own and that of the layers, and one for what it compiles itself, so that a lumo that takes
  this one's place, or a restored one's, need not. That is written when there is time (lumo.impl.keep)."
  [task-root layer-root]
  (let [in #(.join node-path % ".lumo_cache")]
    {:write  (in (.tmpdir (js/require "os")))
     :read   [(in task-root) (in layer-root)]
     :defer? true}))

(defn- require-namespace! [ns-sym]
  (when-not (classpath/find-first (cache/source-paths-of ns-sym false))
    (fail "Runtime.ImportModuleError" (loader/not-found-text ns-sym false)))
  (loader/require-ns! ns-sym))

(defn- var-not-found [ns-sym fn-sym]
  (let [names (map str (namespaces/defined-names ns-sym))]
    (fail "Runtime.HandlerNotFound"
      (str "namespace " ns-sym " has no var " (name fn-sym)
           (or (not-empty (text/did-you-mean (name fn-sym) names))
               (str "; it defines " (if (seq names) (string/join ", " (sort names)) "nothing")))))))

(defn resolve!
  "The handler named by `text`, whose namespace is loaded, as lumo.impl.lambda.handler/handler makes it. Throws errors of lumo's own."
  [text]
  (let [sym (handler/parse-name text)]
    (when (undefined? (namespaces/ns-value sym))
      (var-not-found (symbol (namespace sym)) sym))
    (handler/handler sym (namespaces/var-getter sym) (namespaces/var-meta sym))))

(defn load!
  "Loads the handler named by `text`, and returns it as `resolve!` does; `:uncached?` has it compile all itself. Throws errors of
  lumo's own, and whatever loading the namespace throws."
  [text {:keys [task-root layer-root uncached?]}]
  (let [sym (handler/parse-name text)]
    (classpath/set-paths! (handler/class-path task-root layer-root))
    (npm/install! task-root)
    ;; Who packages the function wants to see all of it compiled.
    (when-not (or uncached? @loader/recorder)
      (cache/install! (caches task-root layer-root)))
    (require-namespace! (symbol (namespace sym)))
    (resolve! text)))
