(ns lumo.impl.npm-test
  (:require
   [cljs.test :refer [are deftest is]]
   [lumo.fixture :refer [spit! thrown with-folder]]
   [lumo.impl.compiler :as compiler]
   [lumo.impl.npm :as npm]))

(def ^:private modules
  {"node_modules/lumo-cjs/package.json" "{\"main\": \"i.js\"}"
   "node_modules/lumo-cjs/i.js"         "exports.add = (a, b) => a + b; exports.default = 'D'; exports.Sub = {inner: {x: 5}};"
   "node_modules/lumo-cjs/lib/deep.js"  "exports.deep = 1;"
   "node_modules/@lumo/scoped/index.js" "exports.scoped = true;"
   "node_modules/lumo-esm/package.json" "{\"type\": \"module\", \"exports\": \"./i.js\"}"
   "node_modules/lumo-esm/i.js"         "export const a = 1; export default class K { m() { return 'km'; } }"
   "node_modules/lumo-fn/index.js"      "module.exports = (x) => x * 2;"
   "own.js"                             "exports.folder = __dirname;"})

(defn- with-modules [f]
  (with-folder modules
    (fn [folder]
      (npm/install! folder)
      (try
        (f folder)
        (finally
          (npm/install! (js/process.cwd)))))))

(defn- value [text]
  (let [out (volatile! nil)]
    (compiler/eval-source text {:file "<npm>" :each #(vreset! out %)})
    @out))

(deftest names-are-split-at-the-dollar
  (are [name parts] (= parts (npm/split-sub name))
    "lib"           ["lib" nil]
    "lib$default"   ["lib" "default"]
    "lib$Sub.inner" ["lib" "Sub.inner"]
    "$lib"          ["$lib" nil]))

(deftest modules-are-told-from-namespaces
  (with-modules
    (fn [_]
      (are [name module?] (= module? (npm/npm-module? name (constantly false)))
        "fs"                     true
        "node:fs"                true
        "fs/promises"            true
        "lumo-cjs"               true
        'lumo-cjs                true
        "lumo-cjs$Sub"           true
        "lumo-cjs/lib/deep"      true
        "@lumo/scoped"           true
        "lumo-esm"               true
        "./own.js"               true
        "lumo-nowhere"           false
        'cljs.core               false
        'clojure.string          false
        'goog.string             false)))
  (with-modules
    (fn [_]
      (is (not (npm/npm-module? "lumo-cjs" (constantly true))) "what comes first on the class path hides it"))))

(deftest modules-are-required-by-symbol-and-by-string
  (with-modules
    (fn [folder]
      (are [expected text] (= expected (value text))
        3       "(require '[lumo-cjs :as c]) (c/add 1 2)"
        7       "(require '[\"lumo-cjs\" :refer [add] :rename {add plus}]) (plus 3 4)"
        ["D" 5] "(require '[\"lumo-cjs$default\" :as d] '[lumo-cjs$Sub.inner :as i]) [d i/x]"
        1       "(require '[\"lumo-cjs/lib/deep\" :as d]) d/deep"
        true    "(require '[\"@lumo/scoped\" :refer [scoped]]) scoped"
        [1 "km"] "(require '[\"lumo-esm\" :as e :refer [a]] '[lumo-esm$default :as K]) [a (.m (K.))]"
        8       "(require '[lumo-fn :as f]) (f 4)"
        true    "(require '[fs :as f] '[\"node:fs\" :as nf]) (identical? f/readFileSync nf/readFileSync)"
        folder  "(require '[\"./own.js\" :as own]) own/folder"
        9       "(ns lumo-test.npm (:require [lumo-cjs :as c])) (c/add 4 5)"))))

(deftest requires-global-has-nodes-own-members
  (with-modules
    (fn [folder]
      (is (fn? js/require.resolve))
      (is (= (str folder "/own.js") (js/require.resolve "./own.js"))))))

(deftest a-module-installed-later-is-found-after-forgetting
  (with-modules
    (fn [folder]
      (is (not (npm/npm-module? "lumo-late" (constantly false))))
      (spit! folder "node_modules/lumo-late/index.js" "exports.x = 1;")
      (npm/forget!)
      (is (npm/npm-module? "lumo-late" (constantly false))))))

(deftest what-a-module-throws-while-it-loads-is-thrown
  (with-modules
    (fn [folder]
      (spit! folder "node_modules/lumo-throws/index.js" "throw new TypeError('at load');")
      (npm/forget!)
      (is (= "at load" (ex-message (last (take-while some? (iterate ex-cause (thrown #(value "(require 'lumo-throws)")))))))))))
