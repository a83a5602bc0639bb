(ns lumo.impl.xml
  "As much of XML as a POM is made of: elements, text, comments and CDATA. Attributes are passed over."
  (:require
   [clojure.string :as string]))

(def ^:private token
  #"(?:<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>)|<!\[CDATA\[([\s\S]*?)\]\]>|<(/?)([\w:.-]+)[^>]*?(/?)>|([^<]+)")

(def ^:private entities {"&lt;" "<" "&gt;" ">" "&quot;" "\"" "&apos;" "'" "&amp;" "&"})

(defn- add-text [node s]
  (update node :text str s))

(defn- close [[node parent & outer]]
  (cons (update parent :children conj (update node :text string/trim)) outer))

(defn parse
  "The root element of a document: `{:tag name, :text its own text, :children [element …]}`."
  [document]
  (loop [tokens (re-seq token document)
         stack  (list {:tag nil :text "" :children []})]
    (if-let [[_ cdata closing tag empty text] (first tokens)]
      (let [stack (cond
                    cdata           (cons (add-text (first stack) cdata) (rest stack))
                    text            (cons (add-text (first stack) (string/replace text #"&\w+;" #(get entities % %))) (rest stack))
                    (nil? tag)      stack
                    (= "/" closing) (if (next stack) (close stack) stack)
                    :else           (cond-> (cons {:tag tag :text "" :children []} stack)
                                      (= "/" empty) close))]
        (recur (rest tokens) stack))
      (-> stack last :children first))))

(defn all
  "The elements that a path of names leads to, from `node` down."
  [node & path]
  (reduce (fn [nodes tag] (filter #(= tag (:tag %)) (mapcat :children nodes))) [node] path))

(defn text
  "The text of the first child of that name, or nil."
  [node tag]
  (some-> (first (all node tag)) :text not-empty))
