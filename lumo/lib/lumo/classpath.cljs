(ns lumo.classpath
  "The class path of the running process: folders and JARs, in the order in which they are searched."
  (:require
   [lumo.impl.classpath :as impl]))

(defn classpath
  "The entries, a vector of absolute paths."
  []
  (impl/paths))

(defn add!
  "Appends an entry, or each of a collection of them; one that is there already keeps its place."
  [path-or-paths]
  (apply impl/add! (if (coll? path-or-paths) path-or-paths [path-or-paths])))

(defn remove!
  "Takes an entry, or each of a collection of them, off the class path."
  [path-or-paths]
  (apply impl/remove! (if (coll? path-or-paths) path-or-paths [path-or-paths])))

(defn set!
  "Replaces the class path by a collection of entries."
  [paths]
  (impl/set-paths! paths))

(defn resource
  "Where the class path has the resource of that path: a file, or jar!/path, as text; nil where it has none."
  [path]
  (:file (impl/find-resource path)))
