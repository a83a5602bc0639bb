(ns csv.core-test
  (:require
   [cljs.test :refer [async deftest is]]
   [clojure.string :as string]
   [csv.parts :as parts]
   [csv.table :as table]))

(def ^:private Readable (.-Readable (js/require "stream")))

(deftest cells-are-quoted-where-they-must
  (is (= "1,,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\"\r\n" (table/row [1 nil "a,b" "say \"no\"" "two\nlines"]))))

(deftest lines-become-rows
  (async done
    (let [rows  #js []
          input (.from Readable #js ["{\"id\":1,\"na" "me\":\"A\"}\n\n{\"name\":\"B\"" ",\"id\":2}"])]
      (-> (table/rows! ["id" "name"] input #(.push rows %))
          (.then #(do
                    (is (= 2 %))
                    (is (= "id,name\r\n1,A\r\n2,B\r\n" (string/join rows)))))
          (.finally done)))))

(deftest a-line-that-is-no-json-fails
  (async done
    (-> (table/rows! ["id"] (.from Readable #js ["{\"id\":1}\n{"]) identity)
        (.then #(is false "it did not fail") #(is (instance? js/SyntaxError %)))
        (.finally done))))

(deftest text-is-sent-in-parts
  (async done
    (let [sent #js []]
      (-> (parts/in-parts! 4 #(.push sent (str %)) (fn [take!] (doseq [text ["a" "λλ" "b" "cc"]] (take! text)) :made))
          (.then #(do
                    (is (= :made %))
                    (is (= ["aλλ" "bcc"] (vec sent)))))
          (.finally done)))))
