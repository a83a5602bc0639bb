(ns lumo.io
  "Files and resources: slurp, spit, copy, resource, and a line of input."
  (:require
   [lumo.impl.classpath :as classpath]
   [lumo.impl.session :as session]))

(def ^:private fs (js/require "fs"))

(deftype Resource [file read]
  Object
  (toString [_] file))

(defn resource
  "What the class path has under that path, or nil: `slurp` and `copy` take it, `str` of it names it."
  [path]
  (when-let [{:keys [file read]} (classpath/find-resource path)]
    (Resource. file read)))

(defn- bytes-of [x]
  (cond
    (instance? Resource x) ((.-read ^Resource x))
    (and (instance? js/URL x) (= "file:" (.-protocol x))) (.readFileSync fs x)
    (string? x)            (.readFileSync fs x)
    :else (throw (ex-info (str "cannot read from " (pr-str x) ": it is no path, file URL or resource") {:from x}))))

(defn slurp
  "The text of a file (a path, or a file: URL) or of a `resource`. `:encoding` is one of Node's, utf8 unless given."
  [from & {:keys [encoding] :or {encoding "utf8"}}]
  (.toString (js/Buffer.from (bytes-of from)) encoding))

(defn spit
  "Writes `(str content)` to a file; `:append true` adds to it. `:encoding` is one of Node's."
  [path content & {:keys [encoding append] :or {encoding "utf8"}}]
  ((if append fs.appendFileSync fs.writeFileSync) path (str content) #js {:encoding encoding})
  nil)

(defn copy
  "Copies a file or a `resource`, byte for byte, to the file `to`."
  [from to]
  (.writeFileSync fs to (bytes-of from))
  nil)

(defn- stdin-line
  "The next line of the process's stdin, read a byte at a time, so that what is behind it stays there."
  []
  (let [byte  (js/Buffer.alloc 1)
        bytes #js []]
    (loop []
      (let [n (try (.readSync fs 0 byte 0 1 nil)
                   (catch :default e
                     (case (.-code e)
                       "EAGAIN" -1 ; nothing yet, and the descriptor does not block
                       "EOF"    0
                       (throw e))))]
        (cond
          (neg? n) (do (js/Atomics.wait (js/Int32Array. (js/SharedArrayBuffer. 4)) 0 0 10)
                       (recur))
          (zero? n) (when (pos? (alength bytes)) (.toString (js/Buffer.from bytes) "utf8"))
          (= 10 (aget byte 0)) (.toString (js/Buffer.from bytes) "utf8")
          :else (do (.push bytes (aget byte 0))
                    (recur)))))))

(defn read-line
  "The next line of input without its end, or nil at the end of it: of stdin, or, over nREPL, of the editor, which asks for it."
  []
  (if (session/reads-lines?)
    (session/read-line)
    (stdin-line)))
