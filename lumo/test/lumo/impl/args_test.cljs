(ns lumo.impl.args-test
  (:require
   [cljs.test :refer [are deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :refer [thrown]]
   [lumo.impl.args :as args]))

(deftest inits-and-evals-keep-their-order
  (is (= [[:eval "1"] [:init "a.cljs"] [:eval "2"]]
         (:run (args/parse ["-e" "1" "--init" "a.cljs" "--eval=2"])))))

(deftest the-first-main-option-ends-the-options
  (are [argv main-opt arguments]
       (let [parsed (args/parse argv)]
         (= [main-opt arguments] [(:main-opt parsed) (:args parsed)]))
       ["a.cljs" "-e" "x"]        :script ["-e" "x"]
       ["-" "a" "-q"]             :stdin  ["a" "-q"]
       ["-q" "-m" "app" "-e" "1"] :main   ["-e" "1"]
       ["--main=app" "x"]         :main   ["x"]
       ["-r"]                     :repl   []
       ["-h"]                     :help   []
       ["-?"]                     :help   []
       ["-V"]                     :version []
       ["--legal"]                :legal  []
       ["--selfcheck"]            :selfcheck []
       ["--lambda" "a/b"]         :lambda []
       ["-e" "1"]                 nil     []
       []                         nil     []))

(deftest options-keep-their-values
  (let [parsed (args/parse ["-c" "a:b.jar" "-q" "-c" ":c:" "-s" "-f" "-a" "-A" "warn" "-v" "-d" "x.cljs"])]
    (is (= ["a" "b.jar" "c"] (:classpath parsed)))
    (is (= "x.cljs" (:script parsed)))
    (is (= :warn (:checked-arrays parsed)))
    (is (every? true? ((juxt :quiet :static-fns :fn-invoke-direct :elide-asserts :verbose :dumb) parsed))))
  (is (= "my.app" (:main (args/parse ["-m" "my.app"]))))
  (is (= "a/b" (:lambda (args/parse ["--lambda" "a/b"])))))

(deftest an-inline-value-may-hold-anything
  (is (= [[:eval "(= 1\n 1)"]] (:run (args/parse ["--eval=(= 1\n 1)"])))))

(deftest what-cannot-be-understood-is-a-usage-error
  (are [argv message]
       (let [e (thrown #(args/parse argv))]
         (and (args/usage-error? e) (= message (ex-message e))))
       ["-z"]            "unknown option -z"
       ["--nope" "x"]    "unknown option --nope"
       ["-e"]            "-e needs a value: -e STR"
       ["-q" "-c"]       "-c needs a value: -c CP"
       ["-m"]            "-m needs a value: -m NS"
       ["--quiet=yes"]   "--quiet takes no value"
       ["-A" "maybe"]    "-A takes warn or error, not \"maybe\""))

(deftest other-errors-are-no-usage-errors
  (is (not (args/usage-error? (js/Error. "x"))))
  (is (not (args/usage-error? (ex-info "x" {:type :other})))))

(deftest usage-names-every-option-for-people
  (let [usage (args/usage)]
    (doseq [flag ["-i, --init PATH" "-e, --eval STR" "-c, --classpath CP" "-m, --main NS" "-h, -?, --help" "-V, --version"
                  "-q, --quiet" "-r, --repl"]]
      (is (string/includes? usage flag)))
    (testing "bootstrap's own option is not one of them"
      (is (not (string/includes? usage "--lambda"))))))
