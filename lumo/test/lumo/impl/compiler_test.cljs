(ns lumo.impl.compiler-test
  (:require
   [cljs.test :refer [are deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :as fixture :refer [join spit! thrown with-class-path with-folder]]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.error :as error]
   [lumo.impl.loader :as loader]
   [lumo.impl.namespaces :as namespaces]))

(defn- values
  "The values of the forms of `text`."
  [text]
  (let [out (atom [])]
    (compiler/eval-source text {:file "<test>" :each #(swap! out conj %)})
    @out))

(defn- value [text] (peek (values text)))

(defn- warnings
  "The compiler's warnings while `f` is called."
  [f]
  (let [before @compiler/warn!
        out    (atom [])]
    (reset! compiler/warn! #(swap! out conj %))
    (try
      (f)
      (finally
        (reset! compiler/warn! before)))
    @out))

(defn- with-sources
  "Calls `f` with the files on the class path."
  [files f]
  (with-folder files
    (fn [folder]
      (with-class-path [folder] #(f folder)))))

(defn- error-text
  "What is printed of the error that `f` throws."
  [f]
  (error/text (thrown f)))

;; -- forms -----------------------------------------------------------------------------------------------------------------

(deftest forms-are-evaluated-in-order-with-their-values
  (is (= [1 nil "two" :three] (values "1 nil \"two\" :three")))
  (is (= [] (values "")))
  (is (= [] (values " ; only a comment\n #_ (a form)")))
  (is (= 3 (value "(def lumo-test-a 1)\n(+ lumo-test-a 2)"))))

(deftest the-language-works
  (are [expected text] (= expected (value text))
    [1 '(2 3) 4] "(let [[a & more] [1 2 3] {:keys [b] :or {b 4}} {}] [a more b])"
    :no          "(try (throw (ex-info \"x\" {:a :no})) (catch ExceptionInfo e (:a (ex-data e))))"
    10           "(loop [i 0 n 0] (if (< i 5) (recur (inc i) (+ n i)) n))"
    [1 2]        "(transduce (map inc) conj [] [0 1])"
    "12"         "(re-find #\"\\d+\" \"a12b\")"
    '(a/b :c)    "'(a/b :c)"
    "T"          "(do (deftype LumoTestT [] Object (toString [_] \"T\")) (str (LumoTestT.)))"
    [:lumo-test.b/x :clojure.string/y] "(ns lumo-test.b (:require [clojure.string :as s])) [::x ::s/y]"
    {:q/a 1}     "#:q{:a 1}"
    1            "#?(:clj 2 :cljs 1)"
    6            "(defn lumo-test-f [& {:keys [a b]}] (* a b)) (lumo-test-f :a 2 {:b 3})"))

(deftest tagged-literals-are-read
  (is (= 1 (.-a (value "#js {:a 1}"))))
  (is (= #inst "2020-01-01" (value "#inst \"2020-01-01\"")))
  (is (= (uuid "00000000-0000-0000-0000-000000000001") (value "#uuid \"00000000-0000-0000-0000-000000000001\"")))
  (is (= [1 2] (vec (value "#queue [1 2]")))))

(deftest data-readers-of-the-class-path-are-used
  (with-sources {"data_readers.cljs"      "{lumo-test/up lumo-test.readers/up}"
                 "data_readers.cljc"      "{lumo-test/twice lumo-test.readers/twice}"
                 "lumo_test/readers.cljs" "(ns lumo-test.readers (:require [clojure.string :as s]))
                                           (defn up [x] (s/upper-case x))
                                           (defn twice [form] (list 'do form form [form form]))"}
    (fn [_]
      (is (= ["A" [1 1]] (value "[#lumo-test/up \"a\" #lumo-test/twice 1]")))
      (is (string/includes? (error-text #(value "#lumo-test/nope 1")) "No reader function for tag lumo-test/nope")))))

(deftest a-namespace-form-changes-the-namespace
  (is (= 'lumo-test.ended (compiler/eval-source "(ns lumo-test.ended) (def x 1)" {:file "<test>" :script? true})))
  (is (= 1 (namespaces/ns-value 'lumo-test.ended/x)))
  (is (= '[x] (namespaces/defined-names 'lumo-test.ended)))
  (is (= 'cljs.user (compiler/eval-source "1" {:file "<test>"}))))

(deftest what-a-script-did-before-an-error-stays-done
  (thrown #(compiler/eval-source "(def lumo-test-before :done)\n(if)" {:file "<test>" :script? true}))
  (is (= :done (namespaces/ns-value 'cljs.user/lumo-test-before))))

(deftest thousands-of-forms-do-not-fill-the-stack
  (compiler/eval-source (string/join "\n" (map #(str "(def lumo-test-n " % ")") (range 3000))) {:file "<test>"})
  (is (= 2999 (namespaces/ns-value 'cljs.user/lumo-test-n))))

(deftest nil-may-be-thrown
  (is (string/includes? (error-text #(value "(throw nil)")) "nil was thrown"))
  (is (= :caught (value "(try (throw nil) (catch :default e (if (nil? e) :caught e)))"))))

(deftest compiler-switches-end-with-their-source
  (is (= 1 (count (warnings #(value "(set! *warn-on-infer* true) (defn lumo-test-i [x] (.foo x))")))))
  (is (= [] (warnings #(value "(defn lumo-test-i [x] (.foo x))")))))

(deftest a-warning-names-its-place
  (let [[text :as all] (warnings #(value "\n (defn lumo-test-w [] lumo-test-undeclared)"))]
    (is (= 1 (count all)))
    (is (string/starts-with? text "<test>:2:23: Use of undeclared Var cljs.user/lumo-test-undeclared"))))

;; -- macros ----------------------------------------------------------------------------------------------------------------

(deftest a-macro-can-be-used-in-the-form-after-it
  (is (= [1 1] (value "(defmacro lumo-test-twice [x] `[~x ~x]) (lumo-test-twice 1)")))
  (is (= "A" (value "(ns lumo-test.same (:require [clojure.string :as s]))
                     (defn helper [x] (s/upper-case x))
                     (defmacro shout [x] (helper x))
                     (shout \"a\")"))))

(deftest macros-come-from-clj-and-cljc-files
  (with-sources {"lumo_test/m/clj.clj"   "(ns lumo-test.m.clj (:require [clojure.string :as s]))
                                          (defn- up [x] (s/upper-case x))
                                          (defmacro shout [x] (up x))"
                 "lumo_test/m/both.cljc" "(ns lumo-test.m.both #?(:cljs (:require-macros lumo-test.m.both)))
                                          (defn f [x] [:f x])
                                          (defmacro m [x] `(f ~x))"
                 "lumo_test/m/use.cljs"  "(ns lumo-test.m.use
                                            (:require-macros [lumo-test.m.clj :as c :refer [shout]])
                                            (:require [lumo-test.m.both :as b :refer [m f]]))
                                          (def all [(shout \"a\") (c/shout \"b\") (m 1) (b/m 2) (f 3)])"
                 "lumo_test/m/old.cljs"  "(ns lumo-test.m.old
                                            (:use-macros [lumo-test.m.clj :only [shout]])
                                            (:use [lumo-test.m.both :only [f]])
                                            (:require [lumo-test.m.both :as b :include-macros true]
                                                      [lumo-test.m.both :refer-macros [m]]))
                                          (def all [(shout \"a\") (f 1) (b/m 2) (m 3)])"}
    (fn [_]
      (loader/require-ns! 'lumo-test.m.use)
      (is (= ["A" "B" [:f 1] [:f 2] [:f 3]] (namespaces/ns-value 'lumo-test.m.use/all)))
      (loader/require-ns! 'lumo-test.m.old)
      (is (= ["A" [:f 1] [:f 2] [:f 3]] (namespaces/ns-value 'lumo-test.m.old/all))))))

(deftest an-error-in-a-macro-is-placed-where-it-is-used
  (with-sources {"lumo_test/me/m.clj"    "(ns lumo-test.me.m)\n(defmacro bad [x] (throw (ex-info \"macro says no\" {})))"
                 "lumo_test/me/use.cljs" "(ns lumo-test.me.use (:require-macros [lumo-test.me.m :as m]))\n\n(defn f []\n  (m/bad 1))"}
    (fn [folder]
      (is (= (str (join folder "lumo_test/me/use.cljs") ":4:3: macro says no\n    (m/bad 1))\n    ^")
             (error-text #(loader/require-ns! 'lumo-test.me.use)))))))

;; -- namespaces ------------------------------------------------------------------------------------------------------------

(deftest a-namespace-is-loaded-once-until-it-is-reloaded
  (with-sources {"lumo_test/once.cljs" "(ns lumo-test.once) (def ^:export loads (inc (or (.-lumoTestLoads js/globalThis) 0)))
                                        (set! (.-lumoTestLoads js/globalThis) loads)"}
    (fn [_]
      (loader/require-ns! 'lumo-test.once)
      (loader/require-ns! 'lumo-test.once)
      (is (= 1 (namespaces/ns-value 'lumo-test.once/loads)))
      (value "(require 'lumo-test.once :reload)")
      (is (= 2 (namespaces/ns-value 'lumo-test.once/loads))))))

(deftest cljs-comes-before-cljc-before-js
  (with-sources {"lumo_test/p/a.cljs" "(ns lumo-test.p.a) (def from :cljs)"
                 "lumo_test/p/a.cljc" "(ns lumo-test.p.a) (def from :cljc)"
                 "lumo_test/p/b.cljc" "(ns lumo-test.p.b) (def from :cljc)"
                 "lumo_test/p/b.js"   "goog.provide('lumo_test.p.b'); lumo_test.p.b.from = 'js';"
                 "lumo_test/p/c.js"   "goog.provide('lumo_test.p.c'); lumo_test.p.c.from = 'js';"}
    (fn [_]
      (doseq [[ns-sym from] '{lumo-test.p.a :cljs, lumo-test.p.b :cljc, lumo-test.p.c "js"}]
        (loader/require-ns! ns-sym)
        (is (= from (namespaces/ns-value (symbol (str ns-sym) "from"))))))))

(deftest a-namespace-in-a-jar-is-loaded-and-placed
  (with-folder {"lib.jar" (fixture/jar-bytes {"lumo_test/j/a.cljs" "(ns lumo-test.j.a (:require [lumo-test.j.b :as b]))\n(def x (b/f 1))"
                                              "lumo_test/j/b.cljc" "(ns lumo-test.j.b)\n(defn f [x] [:jar x])"
                                              "lumo_test/j/bad.cljs" "(ns lumo-test.j.bad)\n\n(let [x])"})}
    (fn [folder]
      (with-class-path [(join folder "lib.jar")]
        (fn []
          (loader/require-ns! 'lumo-test.j.a)
          (is (= [:jar 1] (namespaces/ns-value 'lumo-test.j.a/x)))
          (is (= (str (join folder "lib.jar") "!/lumo_test/j/bad.cljs:3:1: let requires an even number of forms in binding vector\n  (let [x])\n  ^")
                 (error-text #(loader/require-ns! 'lumo-test.j.bad)))))))))

(deftest clojure-names-stand-for-cljs-ones
  (is (= [true 1] (value "(ns lumo-test.alias (:require [clojure.test :as t] [clojure.spec.alpha :as s]))
                          [(ifn? t/report) (s/conform int? 1)]"))))

(deftest the-closure-library-can-be-required-and-referred-to
  (is (= ["007" "http://a/b"]
         (value "(ns lumo-test.goog (:require [goog.string :as gstring :refer [format]] goog.string.format) (:import [goog Uri]))
                 [(format \"%03d\" 7) (str (Uri. \"http://a/b\"))]"))))

(deftest what-is-not-found-is-told-with-the-nearest-name
  (with-sources {"lumo_test/nf/handler.cljs" "(ns lumo-test.nf.handler)"}
    (fn [folder]
      (let [text (error-text #(value "\n  (require 'lumo-test.nf.hanlder)"))]
        (is (string/starts-with? text "<test>:2:3: cannot find namespace lumo-test.nf.hanlder: no lumo_test/nf/hanlder.cljs, "))
        (is (string/includes? text (str "in " folder)))
        (is (string/includes? text "did you mean lumo-test.nf.handler?")))
      (testing "a clojure.x is told by its own name, though cljs.x would do"
        (is (string/includes? (error-text #(value "(require 'clojure.strin)"))
              "cannot find namespace clojure.strin:")))
      (is (string/includes? (error-text #(value "(require-macros 'lumo-test.nf.nope)"))
            "cannot find the macro namespace lumo-test.nf.nope")))))

(deftest an-error-inside-a-clojure-namespace-is-not-hidden
  (with-sources {"clojure/lumo_test/broken.cljs" "(ns clojure.lumo-test.broken)\n(let [x])"}
    (fn [folder]
      (is (string/starts-with? (error-text #(value "(require 'clojure.lumo-test.broken)"))
            (str (join folder "clojure/lumo_test/broken.cljs") ":2:1: let requires"))))))

(deftest namespaces-that-require-each-other-are-told
  (with-sources {"lumo_test/c/a.cljs" "(ns lumo-test.c.a (:require lumo-test.c.b))"
                 "lumo_test/c/b.cljs" "(ns lumo-test.c.b (:require lumo-test.c.a))"}
    (fn [_]
      (is (string/includes? (error-text #(loader/require-ns! 'lumo-test.c.a))
            "lumo-test.c.a -> lumo-test.c.b -> lumo-test.c.a")))))

(deftest a-namespace-that-failed-can-be-mended-and-required-again
  (with-sources {"lumo_test/mend.cljs" "(ns lumo-test.mend) (def x (if))"}
    (fn [folder]
      (is (some? (thrown #(loader/require-ns! 'lumo-test.mend))))
      (spit! folder "lumo_test/mend.cljs" "(ns lumo-test.mend) (def x :mended)")
      (loader/require-ns! 'lumo-test.mend)
      (is (= :mended (namespaces/ns-value 'lumo-test.mend/x))))))

(deftest a-chain-of-a-hundred-requires-is-loaded
  (with-sources (into {"lumo_test/deep/n100.cljs" "(ns lumo-test.deep.n100)\n(def n 0)"}
                  (for [i (range 100)]
                    [(str "lumo_test/deep/n" i ".cljs")
                     (str "(ns lumo-test.deep.n" i " (:require [lumo-test.deep.n" (inc i) " :as x]))\n(def n (inc x/n))")]))
    (fn [_]
      (loader/require-ns! 'lumo-test.deep.n0)
      (is (= 100 (namespaces/ns-value 'lumo-test.deep.n0/n))))))

(deftest windows-line-ends-and-unicode-are-read
  (with-sources {"lumo_test/crlf.cljs" "(ns lumo-test.crlf)\r\n; comment\r\n(def naïve \"žluť\r\n😀\")\r\n"}
    (fn [_]
      (loader/require-ns! 'lumo-test.crlf)
      (is (= "žluť\n😀" (string/replace (namespaces/ns-value 'lumo-test.crlf/naïve) "\r\n" "\n"))))))

(deftest metadata-of-vars-is-known
  (value "(ns lumo-test.meta) (defn ^{:lambda/event :js} handler [e c] 1)")
  (is (= :js (:lambda/event (namespaces/var-meta 'lumo-test.meta/handler))))
  (is (nil? (namespaces/var-meta 'lumo-test.meta/nope)))
  (is (nil? (namespaces/ns-value 'lumo-test.not-there/x))))
