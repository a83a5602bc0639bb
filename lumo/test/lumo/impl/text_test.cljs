(ns lumo.impl.text-test
  (:require
   [cljs.test :refer [are deftest is]]
   [lumo.impl.text :as text]))

(deftest a-path-below-the-working-directory-is-shown-relative
  (let [here (js/process.cwd)]
    (is (= "src/app.cljs" (text/shown-path (str here "/src/app.cljs"))))
    (is (= (str here "x/app.cljs") (text/shown-path (str here "x/app.cljs"))))))

(deftest other-names-are-shown-as-they-are
  (are [path] (= path (text/shown-path path))
    "/nowhere/app.cljs"
    "<expr>"
    "src/app.cljs"))

(deftest the-nearest-name-is-the-one-with-fewest-changes
  (are [expected wanted candidates] (= expected (text/nearest wanted candidates))
    "handler" "hanlder" ["handle" "handler" "other"]
    "handler" "Handler" ["handler"]
    "clojure.string" "clojure.strin" ["clojure.set" "clojure.string"]
    "ab" "ba" ["xy" "ab"]
    "a" "b" ["a"]
    nil "handler" []
    nil "handler" ["completely-different" "xxxxxxx"]))

(deftest equally-near-names-are-chosen-alphabetically
  (is (= "mapa" (text/nearest "map" ["mapb" "mapa"]))))

(deftest did-you-mean-is-empty-where-nothing-is-near
  (is (= "; did you mean map?" (text/did-you-mean "mpa" ["map"])))
  (is (= "" (text/did-you-mean "mpa" ["reduce"]))))
