(ns lumo.impl.lambda.handler-test
  (:require
   [cljs.test :refer [are deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :as fixture :refer [join thrown with-class-path with-folder]]
   [lumo.impl.error :as error]
   [lumo.impl.lambda.handler :as handler]
   [lumo.impl.lambda.load :as load]
   [lumo.impl.npm :as npm]))

(deftest a-handlers-name-is-a-namespace-and-a-function
  (is (= 'my-app.core/handler (handler/parse-name "my-app.core/handler")))
  (are [text] (= "Runtime.MalformedHandlerName" (error/own-type (thrown #(handler/parse-name text))))
    "" "handler" "a/b/c" "/b" "a/" "a b/c"))

(deftest the-class-path-is-the-function-then-the-layers
  (with-folder {"task/lib/b.jar" "" "task/lib/a.jar" "" "task/lib/note.txt" "" "opt/lib/z.jar" ""}
    (fn [folder]
      (is (= (map #(join folder %) ["task" "task/src" "task/lib/a.jar" "task/lib/b.jar" "opt" "opt/lib/z.jar"])
             (handler/class-path (join folder "task") (join folder "opt"))))
      (is (= ["/none" "/none/src" "/nowhere"] (handler/class-path "/none" "/nowhere"))))))

(defn- load-in
  "Loads the handler from files of a function (task/…) and a layer (opt/…), and calls `f` with it."
  [files text f]
  (with-folder files
    (fn [folder]
      (with-class-path []
        (fn []
          (try
            (f (load/load! text {:task-root (join folder "task") :layer-root (join folder "opt")}))
            (finally
              (npm/install! (js/process.cwd)))))))))

(defn- failure [files text]
  (thrown #(load-in files text identity)))

(deftest a-handler-is-called-as-it-takes-its-arguments
  (let [files {"task/lumo_test/h/arities.cljs"
               "(ns lumo-test.h.arities)
                (defn one [{:keys [event context]}] [:one event context])
                (defn two [event context] [:two event context])
                (defn none [] :none)
                (defn both ([x] [:one (:event x)]) ([e c] [:two e c]))
                (defn two-or-three ([e c] [:two e c]) ([e c x] :three))
                (defn variadic [& args] [:args (count args)])
                (defn one-and-more [x & more] [:one (:event x) (count more)])
                (defn two-and-more [e c & more] [:two e c (count more)])
                (def partially (partial vector :p))
                (def a-map {:event :from-a-map})"}]
    (doseq [[name expected] {"one"          [:one 1 2]
                             "two"          [:two 1 2]
                             "none"         :none
                             "both"         [:one 1]
                             "two-or-three" [:two 1 2]
                             "variadic"     [:args 1]
                             "one-and-more" [:one 1 0]
                             "two-and-more" [:two 1 2 0]
                             "partially"    [:p {:event 1 :context 2}]}]
      (testing name
        (load-in files (str "lumo-test.h.arities/" name)
          (fn [{:keys [call]}]
            (is (= expected (call 1 2)))))))))

(deftest the-event-form-is-the-functions-metadata
  (let [files {"task/lumo_test/h/forms.cljs"
               "(ns lumo-test.h.forms)
                (defn plain [e] e)
                (defn ^{:lambda/event :js} raw [e] e)"}]
    (load-in files "lumo-test.h.forms/plain" #(is (nil? (:event %))))
    (load-in files "lumo-test.h.forms/raw" #(is (= :js (:event %))))))

(deftest a-handler-comes-from-src-cljc-and-layers-with-jars
  (load-in {"task/src/lumo_test/h/in_src.cljc" "(ns lumo-test.h.in-src (:require [lumo-test.h.in-jar :as jar])) (defn handler [x] (jar/f x))"
            "task/lib/a.jar" (fixture/jar-bytes {"lumo_test/h/in_jar.cljs" "(ns lumo-test.h.in-jar (:require [lumo-test.h.in-layer :as l])) (defn f [x] [:jar (l/g x)])"})
            "opt/lib/b.jar"  (fixture/jar-bytes {"lumo_test/h/in_layer.cljs" "(ns lumo-test.h.in-layer) (defn g [x] (:event x))"})}
    "lumo-test.h.in-src/handler"
    (fn [{:keys [call]}]
      (is (= [:jar 1] (call 1 2))))))

(deftest what-is-missing-is-told-with-the-nearest-name
  (let [files {"task/lumo_test/h/missing.cljs" "(ns lumo-test.h.missing) (defn handler [x] x) (def text \"t\")"}]
    (let [e (failure files "lumo-test.h.mising/handler")]
      (is (= "Runtime.ImportModuleError" (error/own-type e)))
      (is (string/includes? (ex-message e) "did you mean lumo-test.h.missing?")))
    (let [e (failure files "lumo-test.h.missing/hanlder")]
      (is (= "Runtime.HandlerNotFound" (error/own-type e)))
      (is (string/includes? (ex-message e) "did you mean handler?")))
    (let [e (failure files "lumo-test.h.missing/something-else")]
      (is (string/includes? (ex-message e) "it defines handler, text")))
    (is (string/includes? (ex-message (failure files "lumo-test.h.missing/text")) "is not a function but \"t\""))))

(deftest an-error-in-the-namespace-is-placed
  (is (re-find #"^\S*/task/lumo_test/h/broken\.cljs:2:1: let requires"
        (error/text (failure {"task/lumo_test/h/broken.cljs" "(ns lumo-test.h.broken)\n(let [x])"} "lumo-test.h.broken/f")))))
