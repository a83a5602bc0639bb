(ns lumo.impl.screen
  "A text of several lines at a terminal: what to write to have it shown, and shown again after a change."
  (:require
   [clojure.string :as string]))

(def ^:private esc "\u001b[")

(defn coloured
  "The text in an SGR colour."
  [code text]
  (str esc code "m" text esc "0m"))

(defn width
  "The cells that a text takes: two for wide characters, none for those that combine."
  [text]
  (reduce
    (fn [n c]
      (let [p (.codePointAt c 0)]
        (+ n (cond
               (or (<= 0x300 p 0x36f) (<= 0x200b p 0x200d) (<= 0xfe00 p 0xfe0f)) 0
               (or (<= 0x1100 p 0x115f) (<= 0x2e80 p 0xa4cf) (<= 0xac00 p 0xd7a3) (<= 0xf900 p 0xfaff)
                   (<= 0xfe30 p 0xfe6f) (<= 0xff00 p 0xff60) (<= 0xffe0 p 0xffe6) (<= 0x1f300 p 0x1faff)) 2
               :else 1))))
    0
    (js/Array.from text)))

(defn- with-match
  "The text with the bracket at `match` shown as one of a pair."
  [text match]
  (if match
    (str (subs text 0 match) esc "7m" (subs text match (inc match)) esc "27m" (subs text (inc match)))
    text))

(defn- full-row
  "After a row that is full to its last cell, terminals wait with going on to the next; this has them do so."
  [cells columns]
  (if (and (pos? cells) (zero? (mod cells columns))) " \b" ""))

(defn erase
  "What takes a text off the screen whose cursor is in its row `row`."
  [row]
  (str "\r" (when (pos? row) (str esc row "A")) esc "J"))

(defn draw
  "What shows a text with its prompts: `{:output :row}`, the row being that of the cursor. `:match` is the index of a bracket."
  [{:keys [prompt continuation shown-prompt shown-continuation text at match columns]}]
  (let [lines  (string/split text #"\n" -1)
        shown  (string/split (with-match text match) #"\n" -1)
        prefix (fn [i] (if (zero? i) prompt continuation))
        cells  (map-indexed (fn [i line] (+ (width (prefix i)) (width line))) lines)
        rows   (map #(inc (quot % columns)) cells)
        before (string/split (subs text 0 at) #"\n" -1)
        line   (dec (count before))
        column (+ (width (prefix line)) (width (last before)))
        row    (+ (apply + (take line rows)) (quot column columns))
        up     (- (dec (apply + rows)) row)
        right  (mod column columns)]
    {:row    row
     :output (str (string/join "\r\n"
                    (map (fn [i line n] (str (if (zero? i) shown-prompt shown-continuation) line (full-row n columns)))
                      (range) shown cells))
                  "\r"
                  (when (pos? up) (str esc up "A"))
                  (when (pos? right) (str esc right "C")))}))

(defn in-columns
  "Texts side by side, as many as the screen is wide, in the order of the columns; no more than `limit` rows."
  [texts columns limit]
  (let [cell   (+ 2 (apply max (map width texts)))
        across (max 1 (quot columns cell))
        height (js/Math.ceil (/ (count texts) across))
        texts  (vec texts)
        lines  (for [row (range (min height limit))]
                 (string/trimr
                   (apply str
                     (for [i     (range row (count texts) height)
                           :let  [text (nth texts i)]]
                       (str text (apply str (repeat (- cell (width text)) " ")))))))]
    (str (string/join "\r\n" lines)
         (when (> height limit) (str "\r\n… " (count texts) " in all")))))

(def ^:private token
  #"\"(?:[^\"\\]|\\.)*\"|:[^\s()\[\]{},\"]+|(?<![\w*+!?<>=.'/-])(?:nil|true|false|-?\d[\w.]*)(?![\w*+!?<>=.'/-])")

(defn highlight
  "Printed values with colours for strings, keywords, numbers and constants."
  [text]
  (string/replace text token
    (fn [s]
      (coloured (case (.charAt s 0)
                  "\"" "32"
                  ":"  "35"
                  "36")
        s))))
