(ns lumo.impl.args
  "The command line: one table of options, the parser over it, and the help text printed from it.

  Options come first, in any mix; the first main option (a script, `-`, -m, -r, -h, -V, -l, --selfcheck) ends them, and the
  rest are the program's arguments. An option is `{:flags, :arg, :key, :help, :main?}`."
  (:require
   [clojure.string :as string]))

(def ^:private table
  [{:flags ["-i" "--init"]      :arg "PATH" :key :init      :help "load a file or a resource of the class path"}
   {:flags ["-e" "--eval"]      :arg "STR"  :key :eval      :help "evaluate every form of STR and print what is not nil"}
   {:flags ["-c" "--classpath"] :arg "CP"   :key :classpath :help "folders and JARs, separated by `:`; may be repeated"}
   {:flags ["-K" "--auto-cache"]            :key :auto-cache :help "keep compiled namespaces in .lumo_cache here"}
   {:flags ["-k" "--cache"]     :arg "PATH" :key :cache     :help "keep them in PATH, which is made if need be"}
   {:flags ["-D" "--dependencies"] :arg "DEPS" :key :dependencies :help "JARs of the local Maven repository, with what they need: a/b:1.2,c"}
   {:flags ["-L" "--local-repo"] :arg "PATH" :key :local-repo :help "that repository; default ~/.m2/repository"}
   {:flags ["-q" "--quiet"]                 :key :quiet     :help "no banner"}
   {:flags ["-v" "--verbose"]               :key :verbose   :help "say which namespaces are loaded, and from where"}
   {:flags ["-d" "--dumb-terminal"]         :key :dumb      :help "no line editing"}
   {:flags ["-s" "--static-fns"]            :key :static-fns :help "call functions of known arity directly"}
   {:flags ["-f" "--fn-invoke-direct"]      :key :fn-invoke-direct :help "call unknown functions directly, not through .call"}
   {:flags ["-a" "--elide-asserts"]         :key :elide-asserts :help "compile (assert …) to nothing"}
   {:flags ["-A" "--checked-arrays"] :arg "warn|error" :key :checked-arrays :help "check aget and aset"}
   {:flags ["-n" "--socket-repl"] :arg "X"  :key :socket-repl :help "a socket REPL: PORT, HOST:PORT, or JSON with host, port, accept, args"}
   {:flags ["--nrepl"]          :arg "[HOST:]PORT" :key :nrepl :help "an nREPL server; port 0: any that is free"}
   {:flags ["-m" "--main"]      :arg "NS"   :key :main      :main? true :help "require NS and call its -main with the arguments"}
   {:flags ["-r" "--repl"]                  :key :repl      :main? true :help "start the REPL"}
   {:flags ["-h" "-?" "--help"]             :key :help      :main? true :help "print this"}
   {:flags ["-l" "--legal"]                 :key :legal     :main? true :help "print the licences"}
   {:flags ["-V" "--version"]               :key :version   :main? true :help "print the version"}
   {:flags ["--selfcheck"]                  :key :selfcheck :main? true :help "check that this file works here, a line a check"}
   ;; For bootstrap alone; not in the help text.
   {:flags ["--lambda"]         :arg "NS/FN" :key :lambda   :main? true}
   ;; For lumo-lambda package alone.
   {:flags ["--package"]        :arg "NS/FN" :key :package  :main? true}])

(def ^:private by-flag
  (into {} (for [option table, flag (:flags option)] [flag option])))

(defn- usage-error [message]
  (throw (ex-info message {:type ::usage})))

(defn usage-error?
  "True where an error is the command line's own."
  [e]
  (= ::usage (:type (ex-data e))))

(defn- accept [parsed {:keys [key]} value]
  (case key
    (:init :eval) (update parsed :run conj [key value])
    :classpath    (update parsed :classpath into (remove string/blank? (string/split value #":")))
    :dependencies (update parsed :dependencies conj value)
    :checked-arrays (if (#{"warn" "error"} value)
                      (assoc parsed key (keyword value))
                      (usage-error (str "-A takes warn or error, not " (pr-str value))))
    (assoc parsed key (if (some? value) value true))))

(defn- split-equals
  "A long option may carry its value behind an equals sign."
  [arg]
  (if-let [[_ flag value] (re-matches #"(--[a-z-]+)=([\s\S]*)" arg)]
    [flag value]
    [arg nil]))

(defn parse
  "Parses the arguments. Returns `{:run [[:init path] [:eval text] …], :classpath [path …], :dependencies [text …], :main-opt,
  :args [string …]}` and a key for each other option given; `:main-opt` is one of :script :stdin :main :repl :help :legal :version :selfcheck :lambda,
  or nil where there was none. Throws a usage error for an option that is unknown or lacks its value."
  [args]
  (loop [parsed {:run [] :classpath [] :dependencies [] :args []} args (seq args)]
    (if-not args
      parsed
      (let [[flag inline] (split-equals (first args))
            option        (by-flag flag)]
        (cond
          (= "-" flag)
          (assoc parsed :main-opt :stdin :args (vec (rest args)))

          (nil? option)
          (if (string/starts-with? flag "-")
            (usage-error (str "unknown option " flag))
            (assoc parsed :main-opt :script :script flag :args (vec (rest args))))

          (and (:arg option) (nil? inline) (nil? (next args)))
          (usage-error (str flag " needs a value: " flag " " (:arg option)))

          (and inline (not (:arg option)))
          (usage-error (str flag " takes no value"))

          :else
          (let [value  (when (:arg option) (or inline (second args)))
                after  (if (and (:arg option) (nil? inline)) (nnext args) (next args))
                parsed (accept parsed option value)]
            (if (:main? option)
              (assoc parsed :main-opt (:key option) :args (vec after))
              (recur parsed after))))))))

(defn usage
  "The help text."
  []
  (let [left  (fn [{:keys [flags arg]}] (str (string/join ", " flags) (when arg (str " " arg))))
        shown (filter :help table)
        width (apply max (map (comp count left) shown))
        line  (fn [o] (str "  " (left o) (apply str (repeat (- width (count (left o))) " ")) "  " (:help o)))
        extra (fn [l h] (str "  " l (apply str (repeat (- width (count l)) " ")) "  " h))]
    (string/join "\n"
      (concat ["Usage: lumo [options] [main option] [arguments]" "" "Options:"]
              (map line (remove :main? shown))
              ["" "Main options, the first of which ends the options:"]
              (map line (filter :main? shown))
              [(extra "PATH" "run a script") (extra "-" "run a script from stdin")
               "" "Without a main option, -i or -e, the REPL starts."]))))
