(ns lumo.impl.javascript
  "JavaScript that a namespace requires by a name it provides: the Closure library, libraries written in its way on the class
  path, and the foreign libraries that a `deps.cljs` describes. npm modules are lumo.impl.npm's.

  `deps.cljs`, at the root of a folder or a JAR, is a map: `:foreign-libs` has one `{:file, :provides, :requires,
  :global-exports}` a file, and `:libs` the files and folders of Closure libraries whose names do not follow from their paths."
  (:require
   [clojure.edn :as edn]
   [clojure.string :as string]
   [lumo.impl.classpath :as classpath]))

(defonce ^:private described
  ;; What the deps.cljs files say: {:of the class path that it was read from, :libraries {provided name {:file … or :resource …}}}
  (atom {:of nil :libraries {}}))

(defn- closure-files
  "The resources that an entry of `:libs` stands for."
  [path]
  (if (string/ends-with? path ".js")
    (keep classpath/find-resource [path])
    (keep classpath/find-resource
      (filter #(and (string/starts-with? % path) (string/ends-with? % ".js")) (classpath/resource-paths)))))

(defn- read-description [resource]
  (let [{:keys [foreign-libs libs]} (edn/read-string {:default tagged-literal} (classpath/text resource))]
    (concat
      (for [lib foreign-libs, name (:provides lib)]
        [name (assoc lib :foreign true)])
      (for [path libs, resource (closure-files path), name (js/$lumo.closure.provides (classpath/text resource))]
        [name {:resource resource}]))))

(defn- libraries
  "What the `deps.cljs` files of the class path describe, by the names that it provides; the first one wins."
  []
  (let [paths (classpath/paths)]
    (when-not (= paths (:of @described))
      (reset! described
        {:of paths
         :libraries (into {} (mapcat read-description) (reverse (classpath/all-of "deps.cljs")))}))
    (:libraries @described)))

(defn described?
  "True where a `deps.cljs` describes a library that provides `name`."
  [name]
  (contains? (libraries) (str name)))

(defn- require-all! [names require!]
  (doseq [name names]
    (when-not (js/$lumo.closure.loaded name)
      (require! (symbol name)))))

;; The functions below take how something is done: `:require!`, given a symbol, loads a library; `:run!` runs JavaScript, given its
;; text, the name that stack frames show, and the resource that it is from, or nil.

(defn- load-text! [js-text file resource {:keys [require! run!]}]
  (js/$lumo.closure.markLoaded js-text)
  (require-all! (js/$lumo.closure.requires js-text) require!)
  (run! (js/$lumo.closure.script js-text) file resource))

(defn- load-foreign! [{:keys [file requires provides]} {:keys [require! run!]}]
  (if-let [resource (classpath/find-resource file)]
    (do (require-all! requires require!)
        (run! (classpath/text resource) (:file resource) resource))
    (throw (ex-info (str "a deps.cljs says that " (string/join ", " provides) " is in " file
                         ", which is not on the class path") {:tag :cljs/analysis-error}))))

(defn load-closure!
  "Loads what the Closure library provides as `name`, a symbol, once. Returns what the compiler has to know of it, or nil where
  there is no such thing."
  [name how]
  (let [name (str name)]
    (when-not (js/$lumo.closure.loaded name)
      (when-some [text (js/$lumo.closure.read name)]
        (load-text! text (str "lumo/" name ".js") nil how)))
    (when (js/$lumo.closure.loaded name)
      {:group :goog})))

(defn load-resource!
  "Loads a file of JavaScript, and what it requires in the Closure way before it. The compiler has to know nothing of it: {}."
  [{:keys [file] :as resource} how]
  (load-text! (classpath/text resource) file resource how)
  {})

(defn load-described!
  "The same as `load-closure!` of a library that a `deps.cljs` describes."
  [name how]
  (when-let [{:keys [foreign resource] :as library} (get (libraries) (str name))]
    (if foreign
      (load-foreign! library how)
      (load-resource! resource how))
    (select-keys library [:foreign :provides :global-exports])))
