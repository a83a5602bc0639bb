(ns lumo.impl.maven
  "Dependencies by their Maven coordinates, looked up in a local repository (`-D` and `-L`). Nothing is fetched.

  What a dependency needs is read from its POM, and that of its parents: of two versions of one artifact the one nearer to the
  command line wins, the first one of two that are equally near. Left out is what is optional, excluded or not of the scopes compile
  and runtime, and what the repository has no JAR of: most of that is for the JVM alone."
  (:require
   [clojure.string :as string]
   [lumo.impl.error :as error]
   [lumo.impl.text :as text]
   [lumo.impl.xml :as xml]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

;; A coordinate is {:group :artifact :version}; a dependency has :scope :optional :classifier :exclusions besides.

;; -- where things are -------------------------------------------------------------------------------------------------------------

(defn- folder [repository {:keys [group artifact version]}]
  (string/join "/" (cond-> [repository (string/replace group "." "/") artifact] version (conj version))))

(defn- file-of [repository {:keys [artifact version classifier] :as coordinate} extension]
  (.join node-path (folder repository coordinate)
    (str artifact "-" version (when classifier (str "-" classifier)) extension)))

(defn- jar [repository coordinate]
  (let [file (file-of repository coordinate ".jar")]
    (when (.existsSync fs file) file)))

;; -- versions -----------------------------------------------------------------------------------------------------------------------

(def ^:private qualifiers
  ;; Maven's order; what is unknown comes after a release.
  {"alpha" 0 "a" 0 "beta" 1 "b" 1 "milestone" 2 "m" 2 "rc" 3 "cr" 3 "snapshot" 4 "" 5 "ga" 5 "final" 5 "release" 5 "sp" 6})

(defn- version-parts [version]
  (mapv (fn [part]
          (cond
            (re-matches #"\d+" part)     [8 (js/parseInt part 10)]
            (contains? qualifiers part) [(get qualifiers part) ""]
            :else                       [7 part]))
    (re-seq #"\d+|[a-z]+" (string/lower-case version))))

(defn compare-versions
  "Compares two versions as Maven does: 1.9 before 1.10, and 1.0-rc1 before 1.0."
  [a b]
  (loop [a (version-parts a) b (version-parts b)]
    (if (and (empty? a) (empty? b))
      0
      ;; What a version lacks is a zero before a number, and a release before a word.
      (let [missing (fn [other] (if (= 8 (first other)) [8 0] [5 ""]))
            x       (or (first a) (missing (first b)))
            y       (or (first b) (missing (first a)))
            order   (compare x y)]
        (if (zero? order)
          (recur (rest a) (rest b))
          order)))))

(defn- versions
  "The versions of an artifact that the repository has a JAR of, the oldest first."
  [repository coordinate]
  (->> (try
         (vec (.readdirSync fs (folder repository (dissoc coordinate :version))))
         ;; No such folder: no version.
         (catch :default _ nil))
       (filter #(jar repository (assoc coordinate :version %)))
       (sort compare-versions)))

(defn- in-range?
  "True where a version lies in one of the intervals of a range such as `[1.0,2.0)` or `(,1.5],[2.0]`."
  [version-range version]
  (some (fn [[_ open bounds close]]
          (let [[low high] (string/split bounds #"," 2)
                high       (if (string/includes? bounds ",") high low)
                from       (if (string/blank? low) -1 (compare-versions low version))
                to         (if (string/blank? high) -1 (compare-versions version high))]
            (and (if (= "[" open) (<= from 0) (neg? from))
                 (if (= "]" close) (<= to 0) (neg? to)))))
    (re-seq #"([\[(])([^\])]*)([\])])" version-range)))

(defn- with-version
  "The dependency with a version that is one: the newest in the repository where there is none, or a range."
  [repository {:keys [version] :as dependency}]
  (cond
    (nil? version)                 (assoc dependency :version (last (versions repository dependency)))
    (re-find #"^[\[(]" version)    (assoc dependency :version
                                     (last (filter #(in-range? version %) (versions repository dependency))))
    :else                          dependency))

;; -- POMs --------------------------------------------------------------------------------------------------------------------------

(defn- filled [properties s]
  (when s
    (loop [s s, left 10]
      (let [next (string/replace s #"\$\{([^}]+)\}" (fn [[whole name]] (get properties name whole)))]
        (if (or (= s next) (zero? left)) s (recur next (dec left)))))))

(defn- dependency-of [node]
  {:group      (xml/text node "groupId")
   :artifact   (xml/text node "artifactId")
   :version    (xml/text node "version")
   :scope      (xml/text node "scope")
   :type       (xml/text node "type")
   :classifier (xml/text node "classifier")
   :optional   (xml/text node "optional")
   :exclusions (into #{} (map (juxt #(xml/text % "groupId") #(xml/text % "artifactId")))
                 (xml/all node "exclusions" "exclusion"))})

(defn- fill-dependency [properties dependency]
  (reduce (fn [d k] (update d k #(filled properties %)))
    dependency [:group :artifact :version :scope :type :classifier :optional]))

(def ^:private key-of (juxt :group :artifact :classifier))

(defn- project
  "What the POM of a coordinate says, with what it has from its parents: `{:properties :managed :dependencies}`; nil where the
  repository has none. Names of properties are replaced in the end alone, as a child may set a parent's."
  [repository coordinate]
  (let [file (file-of repository (dissoc coordinate :classifier) ".pom")]
    (when (.existsSync fs file)
      (let [pom        (xml/parse (.readFileSync fs file "utf8"))
            parent     (some-> (first (xml/all pom "parent")) dependency-of)
            inherited  (some->> parent (project repository))
            own        {"groupId"    (or (xml/text pom "groupId") (:group parent))
                        "artifactId" (xml/text pom "artifactId")
                        "version"    (or (xml/text pom "version") (:version parent))
                        "parent.version" (:version parent)
                        "parent.groupId" (:group parent)}
            properties (into (:properties inherited {})
                         (concat (for [[k v] own, prefix ["" "project." "pom."] :when v] [(str prefix k) v])
                                 (map (juxt :tag :text) (some-> (first (xml/all pom "properties")) :children))))
            managed    (map dependency-of (xml/all pom "dependencyManagement" "dependencies" "dependency"))
            imported   (for [d managed :when (= "import" (:scope d))]
                         (:managed (project repository (fill-dependency properties d))))]
        {:properties   properties
         :managed      (into (apply merge {} (concat imported [(:managed inherited)]))
                         (map (fn [d] [(key-of (fill-dependency properties d)) d]))
                         managed)
         :dependencies (concat (:dependencies inherited) (map dependency-of (xml/all pom "dependencies" "dependency")))}))))

(defn- needs
  "The dependencies that a coordinate brings along."
  [repository coordinate]
  (let [{:keys [properties managed dependencies]} (project repository coordinate)]
    (for [raw  dependencies
          :let [d    (fill-dependency properties raw)
                rule (some->> (get managed (key-of d)) (fill-dependency properties))
                d    (-> (merge rule (into {} (filter (comp some? val)) d))
                         (update :exclusions into (:exclusions rule)))]
          :when (and (contains? #{nil "compile" "runtime"} (:scope d))
                     (contains? #{nil "jar" "bundle"} (:type d))
                     (not= "true" (:optional d)))]
      d)))

(defn- excluded? [exclusions {:keys [group artifact]}]
  (some (fn [[g a]] (and (contains? #{"*" group} g) (contains? #{"*" artifact} a))) exclusions))

;; -- the whole ----------------------------------------------------------------------------------------------------------------------

(defn coordinates
  "The coordinates in the text of -D: `group/artifact:version`, separated by commas; the version may be left out, and the group
  where it is named like the artifact."
  [s]
  (for [part (remove string/blank? (map string/trim (string/split s #",")))]
    (let [[_ group artifact version] (re-matches #"(?:([^/:\s]+)/)?([^/:\s]+)(?::([^/:\s]+))?" part)]
      (when-not artifact
        (throw (error/own "lumo" (str "-D does not understand " (pr-str part) "; write group/artifact:version"))))
      {:group (or group artifact) :artifact artifact :version version})))

(defn- missing! [repository {:keys [group artifact version] :as coordinate}]
  (let [have (versions repository coordinate)]
    (throw (error/own "lumo"
             (str "the local Maven repository " (text/shown-path repository) " has no "
                  group "/" artifact (when version (str ":" version))
                  (if (seq have)
                    (str ", but " (string/join ", " have))
                    (str "; `mvn dependency:get -Dartifact=" group ":" artifact ":" (or version "VERSION") "` fetches it")))))))

(defn resolve-jars
  "The JARs of the dependencies and of all that they need, as paths in a local repository, the nearest first."
  [repository dependencies]
  (loop [queue (mapv #(assoc % :asked-for true :exclusions #{}) dependencies)
         taken #{}
         jars  []]
    (if-let [dependency (first queue)]
      (let [{:keys [exclusions asked-for] :as found} (with-version repository dependency)
            file (when (:version found) (jar repository found))]
        (cond
          (contains? taken (key-of dependency)) (recur (subvec queue 1) taken jars)
          file      (recur (into (subvec queue 1)
                             (comp (remove #(excluded? exclusions %))
                                   (map #(update % :exclusions into exclusions)))
                             (needs repository found))
                      (conj taken (key-of dependency))
                      (conj jars file))
          asked-for (missing! repository dependency)
          :else     (recur (subvec queue 1) (conj taken (key-of dependency)) jars)))
      jars)))

(defn default-repository
  "Where Maven keeps what it has fetched."
  []
  (.join node-path (.homedir (js/require "os")) ".m2" "repository"))
