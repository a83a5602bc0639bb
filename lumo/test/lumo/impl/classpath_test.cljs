(ns lumo.impl.classpath-test
  (:require
   [cljs.test :refer [deftest is testing]]
   [clojure.string :as string]
   [lumo.fixture :as fixture :refer [join spit! thrown with-class-path with-folder]]
   [lumo.impl.classpath :as classpath]
   [lumo.impl.error :as error]))

(defn- text-of [path]
  (some-> (classpath/find-resource path) classpath/text))

(deftest a-resource-is-found-in-folders-and-jars-in-order
  (with-folder {"one/a.cljs" "one" "two/a.cljs" "two" "two/b.cljs" "b" "x.jar" (fixture/jar-bytes {"b.cljs" "jar" "c/d.cljs" "ď"})}
    (fn [folder]
      (with-class-path [(join folder "one") (join folder "x.jar") (join folder "two")]
        (fn []
          (is (= "one" (text-of "a.cljs")))
          (is (= "jar" (text-of "b.cljs")))
          (is (= "ď" (text-of "c/d.cljs")))
          (is (nil? (text-of "c")) "a folder is no resource")
          (is (nil? (text-of "nope.cljs")))
          (is (= (join folder "one/a.cljs") (:file (classpath/find-resource "a.cljs"))))
          (is (= (str (join folder "x.jar") "!/c/d.cljs") (:file (classpath/find-resource "c/d.cljs"))))
          (is (= ["jar" "b"] (map classpath/text (classpath/all-of "b.cljs")))))))))

(deftest the-first-of-several-paths-wins-wherever-it-is
  (with-folder {"one/a.cljc" "cljc" "two/a.cljs" "cljs"}
    (fn [folder]
      (with-class-path [(join folder "one") (join folder "two")]
        (fn []
          (let [found (classpath/find-first ["a.cljs" "a.cljc"])]
            (is (= "cljs" (classpath/text found)))
            (is (= "a.cljs" (:path found)))))))))

(deftest a-file-written-later-is-found
  (with-folder {}
    (fn [folder]
      (with-class-path [folder]
        (fn []
          (is (nil? (text-of "new.cljs")))
          (spit! folder "new.cljs" "new")
          (is (= "new" (text-of "new.cljs"))))))))

(deftest entries-that-are-not-there-hold-nothing
  (with-class-path ["/nowhere/at/all" "/nowhere/x.jar"]
    (fn []
      (is (nil? (text-of "a.cljs")))
      (is (= [] (classpath/source-paths))))))

(deftest a-damaged-jar-is-told-by-name
  (let [whole (fixture/jar-bytes {"a.cljs" (apply str (repeat 500 "a"))})]
    (with-folder {"cut.jar" (.subarray whole 0 40) "text.jar" "not a JAR" "empty.jar" ""}
      (fn [folder]
        (doseq [name ["cut.jar" "text.jar" "empty.jar"]]
          (with-class-path [(join folder name)]
            (fn []
              (let [e (thrown #(classpath/find-resource "a.cljs"))]
                (is (= "JarError" (error/own-type e)))
                (is (string/includes? (ex-message e) (join folder name)))))))))))

(deftest paths-are-absolute-and-kept-once
  (with-class-path ["src" "a.jar" "src"]
    (fn []
      (is (= [(join (js/process.cwd) "src") (join (js/process.cwd) "a.jar")] (classpath/paths)))
      (classpath/add! "a.jar" "lib")
      (is (= ["src" "a.jar" "lib"] (map #(last (string/split % #"/")) (classpath/paths))))
      (classpath/remove! "src")
      (is (= ["a.jar" "lib"] (map #(last (string/split % #"/")) (classpath/paths)))))))

(deftest a-tilde-is-the-home-folder
  (let [home (.homedir (js/require "os"))]
    (with-class-path ["~/x" "~"]
      (fn []
        (is (= [(join home "x") home] (classpath/paths)))))))

(deftest sources-are-listed-for-suggestions
  (with-folder {"a/b.cljs" "" "a/c.cljc" "" "a/d.clj" "" "a/e.js" "" "node_modules/m/f.cljs" ""
                "x.jar" (fixture/jar-bytes {"j/k.cljs" "" "META-INF/MANIFEST.MF" ""})}
    (fn [folder]
      (with-class-path [folder (join folder "x.jar")]
        (fn []
          (is (= #{"a/b.cljs" "a/c.cljc" "j/k.cljs"} (set (classpath/source-paths)))))))))

(deftest a-class-path-is-split-at-colons
  (testing "empty entries are left out"
    (is (= ["a" "b.jar"] (classpath/split "a::b.jar:")))
    (is (= [] (classpath/split "")))))
