(ns lumo.impl.classpath
  "The class path: directories and JARs in order, asked for resources by their path (`my_app/core.cljs`).

  A JAR's directory is read once, when it is first asked; a folder is asked through the file system each time, since a
  program may write to it. Files that are not there cost one look-up an entry and look-up, whatever the JARs' number."
  (:require
   [clojure.string :as string]
   [lumo.impl.error :as error]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defonce ^:private entries
  ;; Vector of {:path absolute-path, :kind :dir or :jar}
  (atom []))

(defonce ^:private jars
  ;; JS Map of absolute path -> js/Jar
  (js/Map.))

(defn expand-home
  "The path with a `~` at its start replaced by the home folder."
  [path]
  (if (or (= path "~") (string/starts-with? path "~/"))
    (str (.homedir (js/require "os")) (subs path 1))
    path))

(defn- entry [path]
  (let [absolute (.resolve node-path (expand-home path))]
    {:path absolute
     :kind (if (re-find #"\.(jar|zip)$" absolute) :jar :dir)}))

(defn split
  "The entries of a `:`-separated class path, empty ones left out."
  [text]
  (into [] (remove string/blank?) (string/split text #":")))

(defn paths
  "The class path as a vector of absolute paths, in the order in which they are searched."
  []
  (mapv :path @entries))

(defn add!
  "Appends entries to the class path; one that is there already keeps its place."
  [& new-paths]
  (swap! entries
    (fn [es] (into es (comp (map entry) (remove (set es)) (distinct)) new-paths)))
  nil)

(defn remove!
  "Takes entries off the class path."
  [& old-paths]
  (let [gone (into #{} (map entry) old-paths)]
    (swap! entries #(into [] (remove gone) %)))
  nil)

(defn set-paths!
  "Replaces the class path."
  [new-paths]
  (reset! entries [])
  (apply add! new-paths))

(defn- open-jar
  "The JAR at `path`, opened once; nil where there is no such file."
  [path]
  (if (.has jars path)
    (.get jars path)
    (let [jar (when (.existsSync fs path)
                (try
                  (js/$lumo.jar.Jar. path)
                  ;; The message says which file and why: where in lumo it was found out does not matter.
                  (catch js/$lumo.jar.JarError e
                    (throw (error/own "JarError" (.-message e) e)))))]
      (.set jars path jar)
      jar)))

(defn- file? [path]
  (some-> (.statSync fs path #js {:throwIfNoEntry false}) .isFile))

(defn- lookup-in [{:keys [path kind]} resource]
  (case kind
    :dir (let [file (.join node-path path resource)]
           (when (file? file) {:file file :read #(.readFileSync fs file)}))
    :jar (when-let [^js jar (open-jar path)]
           (when-let [^js mark (.mark jar resource)]
             {:file (str path "!/" resource) :jar path :crc (.-crc mark) :size (.-size mark) :read #(.read jar resource)}))))

(defn find-resource
  "The first resource of that path on the class path: `{:file name-for-people, :read (fn [] js/Buffer)}`, or nil. One in a JAR has
  :jar, and the :crc (CRC-32) and :size of its content."
  [resource]
  (some #(lookup-in % resource) @entries))

(defn find-first
  "The resource of the first of several paths that the class path has, with that `:path`. An earlier path wins wherever on
  the class path it is, as in the JVM compiler: `x.cljs` before `x.cljc`."
  [resources]
  (some #(some-> (find-resource %) (assoc :path %)) resources))

(defn all-of
  "Every resource of that path, in class path order."
  [resource]
  (keep #(lookup-in % resource) @entries))

(defn text
  "The text of a resource that `find-resource` found."
  [{:keys [read]}]
  (.toString (read) "utf8"))

(defn- files-below [dir prefix depth]
  (when (pos? depth)
    (mapcat (fn [^js e]
              (let [path (str prefix (.-name e))]
                (cond
                  (.isDirectory e) (when-not (#{"node_modules" ".git"} (.-name e))
                                     (files-below (.join node-path dir (.-name e)) (str path "/") (dec depth)))
                  (.isFile e)      [path])))
      (try (.readdirSync fs dir #js {:withFileTypes true})
           ;; A folder that is not there or may not be read holds nothing that can be offered.
           (catch :default _ nil)))))

(defn resource-paths
  "The paths of everything on the class path. Folders are searched eight levels deep."
  []
  (distinct
    (mapcat (fn [{:keys [path kind]}]
              (case kind
                :dir (files-below path "" 8)
                :jar (some-> ^js (open-jar path) .names)))
      @entries)))

(defn source-paths
  "The paths of all ClojureScript sources on the class path: what an error message offers when a name was misspelt."
  []
  (filter #(re-find #"\.clj[cs]$" %) (resource-paths)))
