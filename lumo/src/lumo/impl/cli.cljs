(ns lumo.impl.cli
  "Runs what the command line asks for: -i and -e in the order given, then the main option.

  Exit status: 0; 1 on an exception in any of them, or for a command line that cannot be understood."
  (:require
   [clojure.string :as string]
   [lumo.core :as lumo]
   [lumo.impl.args :as args]
   [lumo.impl.cache :as cache]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.serve :as serve]
   [lumo.impl.loader :as loader]
   [lumo.impl.maven :as maven]
   [lumo.impl.namespaces :as namespaces]
   [lumo.impl.npm :as npm]
   [lumo.impl.package :as package]
   [lumo.impl.script :as script]
   [lumo.impl.stack :as stack]
   [lumo.impl.text :as text]))

(def ^:private fs (js/require "fs"))
(def ^:private node-path (js/require "path"))

(defn- write-fully! [fd s]
  (let [bytes (.from js/Buffer s)]
    (loop [at 0]
      (when (< at (.-length bytes))
        (recur (+ at (try
                       (.writeSync fs fd bytes at)
                       (catch :default e
                         ;; Another process made the shared terminal or pipe non-blocking and it is full: try again.
                         (if (= "EAGAIN" (.-code e)) 0 (throw e))))))))))

(defn- print-to! [fd]
  (fn [x]
    (try
      ;; ClojureScript's own code prints an error object as a whole where it only warns.
      (write-fully! fd (if (string? x) x (str x "\n")))
      ;; The reader went away (`lumo … | head`): end quietly, as a program killed by SIGPIPE would.
      (catch :default e
        (if (= "EPIPE" (.-code e)) (.exit js/process 0) (throw e))))))

(defn- fail! [message]
  (write-fully! 2 (str message "\n"))
  (.exit js/process 1))

;; -- sources ---------------------------------------------------------------------------------------------------------------

(defn report!
  "Prints an error to stderr and ends the process with status 1."
  [e]
  (fail! (error/text e)))

(defn- eval-text!
  "Evaluates every form, and prints the values if they are wanted; returns the namespace that the text ended in."
  [text {:keys [file] :as opts}]
  (error/remember-text! file text)
  (compiler/eval-source text opts))

(defn- read-source
  "The text and the name of a file or, failing that, of a resource of the class path."
  [path]
  (let [absolute (.resolve node-path path)
        stat     (.statSync fs absolute #js {:throwIfNoEntry false})]
    (cond
      (some-> stat .isFile) {:text (.readFileSync fs absolute "utf8") :file absolute}
      (some-> stat .isDirectory) (throw (error/own "lumo" (str path " is a folder; name a file")))
      :else
      (if-let [resource (classpath/find-resource path)]
        {:text (classpath/text resource) :file (:file resource)}
        (throw (error/own "lumo"
                 (str "could not find " path " in " (.cwd js/process) " or on the class path"
                      (text/did-you-mean path (classpath/source-paths)))))))))

(defn- strip-shebang [text]
  (if (string/starts-with? text "#!") (str ";" text) text))

(defn- load-file! [path]
  (let [{:keys [text file]} (read-source path)]
    (eval-text! (strip-shebang text) {:file file :script? true})))

;; -- main options --------------------------------------------------------------------------------------------------------------

(defn- call-main-cli-fn! [args]
  (when (fn? *main-cli-fn*)
    (apply *main-cli-fn* args)))

(defn- main-script-is! [path]
  (let [absolute (.resolve node-path path)]
    (set! js/globalThis.__filename absolute)
    (set! js/globalThis.__dirname (.dirname node-path absolute))))

(defn- run-script! [path args]
  (main-script-is! path)
  (load-file! path)
  (call-main-cli-fn! args))

(defn- read-stdin []
  (.toString (.readFileSync fs 0) "utf8"))

(defn- run-stdin! [args]
  (main-script-is! "<stdin>")
  (eval-text! (strip-shebang (read-stdin)) {:file "<stdin>" :script? true})
  (call-main-cli-fn! args))

(defn- run-main! [ns-name args]
  (let [ns-sym (symbol ns-name)]
    (loader/require-ns! ns-sym)
    (if-let [main (namespaces/ns-value (symbol ns-name "-main"))]
      (apply main args)
      (throw (error/own "lumo"
               (str "namespace " ns-name " has no function -main"
                    (text/did-you-mean "-main" (map str (namespaces/defined-names ns-sym)))))))))

(defn- call-on-demand!
  "Calls a function, by its qualified symbol, of a namespace that is loaded now."
  [sym & args]
  (loader/require-ns! (symbol (namespace sym)))
  (apply (namespaces/ns-value sym) args))

(defn- start-servers!
  "Starts the REPLs for others that were asked for; true where there is one."
  [{:keys [socket-repl nrepl]}]
  (when socket-repl
    (call-on-demand! 'lumo.impl.socket/start! socket-repl))
  (when nrepl
    (call-on-demand! 'lumo.nrepl/serve! nrepl))
  (boolean (or socket-repl nrepl)))

(defn- start-repl! [opts]
  (call-on-demand! 'lumo.impl.terminal/start! opts))

(defn- main! [{:keys [main-opt args script main run nrepl] :as opts}]
  (let [opts (assoc opts :serving (start-servers! opts))]
    (case main-opt
      :script (run-script! script args)
      :stdin  (run-stdin! args)
      :main   (run-main! main args)
      :repl   (start-repl! opts)
      (cond
        (seq run)   (call-main-cli-fn! args)
        (not nrepl) (start-repl! opts)))))

(defn- node-argv
  "process.argv as Node has it for its own scripts: the executable, the main program, the program's arguments."
  [{:keys [main-opt script main args]}]
  (let [program (case main-opt
                  :script (.resolve node-path script)
                  :main   main
                  "-")]
    (into-array (list* (.-execPath js/process) program args))))

(defn- run-all! [{:keys [run args] :as opts}]
  (set! *command-line-args* (seq args))
  (set! (.-argv js/process) (node-argv opts))
  ;; An `-e` that changes the namespace changes it for the next one.
  (reduce
    (fn [ns [kind value]]
      (case kind
        :init (do (load-file! value) ns)
        :eval (eval-text! value {:file "<expr>" :ns ns :each #(when (some? %) (prn %))})))
    'cljs.user
    run)
  (main! opts))

(defn- configure! [{:keys [classpath cache auto-cache dependencies local-repo elide-asserts] :as opts}]
  (cache/install! {:write (or cache (when auto-cache ".lumo_cache"))})
  (classpath/set-paths! (cons (.cwd js/process) classpath))
  (when (seq dependencies)
    (let [repository (if local-repo (classpath/expand-home local-repo) (maven/default-repository))]
      (apply classpath/add! (maven/resolve-jars repository (mapcat maven/coordinates dependencies)))))
  (npm/install! (.cwd js/process))
  ;; The macros ask this var, not the compiler's options.
  (set! *assert* (not elide-asserts))
  (swap! compiler/options merge
    (select-keys opts [:static-fns :fn-invoke-direct :elide-asserts :checked-arrays :verbose])))

(defn- version-text []
  (let [{:keys [lumo clojurescript node v8]} (lumo/version)]
    (str "Lumo " lumo " (ClojureScript " clojurescript ", Node " node ", V8 " v8 ")")))

(defn start!
  "The program's entry: `argv` are the arguments after the executable's name."
  [argv]
  (stack/install!)
  (script/install!)
  (set-print-fn! (print-to! 1))
  (set-print-err-fn! (print-to! 2))
  (let [opts (try
               (args/parse argv)
               (catch :default e
                 (if (args/usage-error? e)
                   (fail! (str "lumo: " (ex-message e) "\n\n" (args/usage)))
                   (throw e))))]
    (try
      (case (:main-opt opts)
        :help    (println (args/usage))
        :version (println (version-text))
        :legal   (println (.text js/$lumo.assets "NOTICES"))
        :selfcheck (.run js/$lumo.selfcheck)
        :lambda  (serve/start! (:lambda opts))
        :package (package/write! (:package opts) (first (:args opts)))
        (do
          (.on js/process "uncaughtException" report!)
          (configure! opts)
          (run-all! opts)))
      (catch :default e
        (report! e)))))
