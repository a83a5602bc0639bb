(ns lumo.fixture
  "Real files for tests: temporary folders, JARs, and the class path put back as it was."
  (:require
   [lumo.impl.classpath :as classpath]))

(def ^:private fs (js/require "fs"))
(def ^:private os (js/require "os"))
(def ^:private node-path (js/require "path"))
(def ^:private zlib (js/require "zlib"))

(defn join [& parts]
  (.apply (.-join node-path) nil (into-array parts)))

(defn spit!
  "Writes a file, and the folders that it needs; returns its path."
  [folder path content]
  (let [file (join folder path)]
    (.mkdirSync fs (.dirname node-path file) #js {:recursive true})
    (.writeFileSync fs file content)
    file))

(defn with-folder
  "Calls `f` with a new temporary folder that holds `files` (path -> text), and removes it."
  [files f]
  (let [folder (.realpathSync fs (.mkdtempSync fs (join (.tmpdir os) "lumo-test-")))]
    (try
      (doseq [[path content] files]
        (spit! folder path content))
      (f folder)
      (finally
        (.rmSync fs folder #js {:recursive true})))))

(defn with-class-path
  "Calls `f` with `paths` as the class path."
  [paths f]
  (let [before (classpath/paths)]
    (classpath/set-paths! paths)
    (try
      (f)
      (finally
        (classpath/set-paths! before)))))

(defn thrown
  "What `f` throws, or nil."
  [f]
  (try
    (f)
    nil
    (catch :default e e)))

;; -- JARs ----------------------------------------------------------------------------------------------------------------

(defn- header [size fields]
  (let [buffer (.alloc js/Buffer size)]
    (doseq [[offset width value] fields]
      (if (= 2 width)
        (.writeUInt16LE buffer value offset)
        (.writeUInt32LE buffer value offset)))
    buffer))

(defn- entry [[path content] offset]
  (let [name   (.from js/Buffer path)
        data   (.from js/Buffer content)
        packed (.deflateRawSync zlib data)
        common (fn [at] [[at 2 20] [(+ at 2) 2 0x800] [(+ at 4) 2 8] [(+ at 10) 4 (.crc32 zlib data)]
                         [(+ at 14) 4 (.-length packed)] [(+ at 18) 4 (.-length data)] [(+ at 22) 2 (.-length name)]])]
    {:local   (.concat js/Buffer #js [(header 30 (cons [0 4 0x04034b50] (common 4))) name packed])
     :central (.concat js/Buffer #js [(header 46 (list* [0 4 0x02014b50] [42 4 offset] (common 6))) name])}))

(defn jar-bytes
  "A JAR of deflated `files`, path -> text."
  [files]
  (let [{:keys [locals centrals offset]}
        (reduce (fn [{:keys [offset] :as jar} file]
                  (let [{:keys [^js local central]} (entry file offset)]
                    (-> jar
                        (update :locals conj local)
                        (update :centrals conj central)
                        (update :offset + (.-length local)))))
          {:locals [] :centrals [] :offset 0}
          files)
        directory (.concat js/Buffer (into-array centrals))
        n         (count files)]
    (.concat js/Buffer
      (into-array (concat locals
                          [directory
                           (header 22 [[0 4 0x06054b50] [8 2 n] [10 2 n] [12 4 (.-length directory)] [16 4 offset]])])))))
