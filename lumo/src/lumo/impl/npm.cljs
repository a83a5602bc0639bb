(ns lumo.impl.npm
  "npm modules: whether a name in an ns form is one, and how it is loaded.

  The order of resolution puts ClojureScript first: cljs.*, clojure.* and goog.* are never npm modules, and neither is a name
  that the class path or the bundle has. The rest is Node's: built-in modules, then node_modules from the working directory
  upwards, then NODE_PATH."
  (:require
   [cljs.nodejs :as nodejs]
   [clojure.string :as string]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))
(def ^:private node-module (js/require "module"))

(defonce ^:private state
  ;; :require  Node's require as seen from the program's folder
  ;; :known    JS Map of module name -> boolean; the compiler asks at every symbol
  (atom {:require nil :known (js/Map.)}))

(defn split-sub
  "Splits the sub-access form of a library name: `lib$Name.inner` is [\"lib\" \"Name.inner\"]. A name without one has nil."
  [lib]
  (let [i (string/index-of lib "$")]
    (if (and i (pos? i))
      [(subs lib 0 i) (subs lib (inc i))]
      [lib nil])))

(defn- resolves? [lib]
  (try
    ;; There is nothing to resolve with while the bundle is made.
    (some-> ^js (:require @state) (.resolve lib) some?)
    (catch :default e
      ;; A module that is there but does not export its main entry to `require` is still one; loading it tells more.
      (not= "MODULE_NOT_FOUND" (.-code e)))))

(defn npm-module?
  "True where `lib` (a symbol or a string of an ns form) names a built-in or npm module, and `shadowed?` (a function of no
  arguments) does not say that something else of that name comes first."
  [lib shadowed?]
  (let [lib (str lib)
        known (:known @state)]
    (if-some [answer (.get known lib)]
      answer
      (let [[base _] (split-sub lib)
            answer   (and (not (re-find #"^(cljs|clojure|goog)(\.|$)" lib))
                          (not (shadowed?))
                          (or (.isBuiltin node-module base) (resolves? base)))]
        (.set known lib answer)
        answer))))

(defn forget!
  "Drops what is remembered of names that were no modules; a REPL's user may have installed one since."
  []
  (.clear (:known @state)))

(defn- load-module [lib]
  (js/$lumo.addons.explain #((:require @state) lib)))

(defn- load-sub [lib]
  (let [[base sub] (split-sub lib)
        module     (load-module base)]
    (if sub
      (reduce (fn [o k] (when (some? o) (unchecked-get o k))) module (string/split sub #"\."))
      module)))

(defn use!
  "Has `node-require`, a function as Node's modules have it, load modules, and defines the global `require` that compiled code calls."
  [^js node-require]
  (let [wrapper      (fn require [lib]
                       (if (string/includes? lib "$") (load-sub lib) (load-module lib)))]
    (js/Object.assign wrapper node-require)
    (swap! state assoc :require node-require)
    (forget!)
    (set! js/globalThis.require wrapper)
    ;; cljs.nodejs took the one of the snapshot's builder.
    (set! nodejs/require wrapper)
    nil))

(defn install!
  "Makes `folder` the place from which modules are looked up."
  [folder]
  (use! (.createRequire node-module (str folder "/"))))

;; -- class paths that packages bring along ---------------------------------------------------------------------------------------

(defn- lib-folder
  "The folder of ClojureScript that the package.json in `folder` names as `directories.lib`, or nil."
  [folder]
  (try
    (let [lib (some-> (js/JSON.parse (.readFileSync fs (.join node-path folder "package.json") "utf8")) .-directories .-lib)]
      (when (string? lib)
        (.resolve node-path folder lib)))
    ;; Not a package, or one that Node itself will say is wrong.
    (catch :default _ nil)))

(defn- entries [folder]
  (try
    (map #(.join node-path folder %) (.readdirSync fs folder))
    ;; No such folder: nothing in it.
    (catch :default _ nil)))

(defn- packages
  "The folders of the packages in a node_modules folder."
  [node-modules]
  (mapcat #(if (string/starts-with? (.basename node-path %) "@") (entries %) [%]) (entries node-modules)))

(defn- upwards [folder]
  (take-while some? (iterate #(let [parent (.dirname node-path %)] (when (not= parent %) parent)) folder)))

(defn lib-folders
  "The folders of ClojureScript that packages name in their package.json as `directories.lib`: that of the program, as seen from
  `folder`, and those of every package it can require."
  [folder]
  (let [folders   (upwards folder)
        node-path-folders (some-> (.. js/process -env -NODE_PATH) (string/split #":"))]
    (distinct
      (keep lib-folder
        (concat folders
                (mapcat packages (concat (map #(.join node-path % "node_modules") folders)
                                         (remove string/blank? node-path-folders))))))))
