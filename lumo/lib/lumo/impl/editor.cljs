(ns lumo.impl.editor
  "The text being entered at a terminal, and what each key makes of it: a value and a function, `press`. Nothing in here knows
  a terminal.

  A state is `{:text :at :history :pos :draft :killed :search :action}`: the text and the cursor's index in it; what was entered
  before, oldest first; the index in it of what is shown, or nil, and what was being entered then; what was cut last; the query
  and the index of a search, or nil; and what is to be done after this key: nil, :submit, :cancel, :end, :complete or :clear."
  (:require
   [cljs.tools.reader :as r]
   [cljs.tools.reader.reader-types :as rt]
   [clojure.string :as string]))

;; -- code ------------------------------------------------------------------------------------------------------------------

(defn incomplete?
  "True of a text whose last form is not finished."
  [text]
  (let [reader (rt/indexing-push-back-reader text)
        eof    (js-obj)]
    (binding [r/*suppress-read*          true
              r/*default-data-reader-fn* (fn [_ form] form)
              r/*alias-map*              identity]
      (try
        (while (not (identical? eof (r/read {:eof eof :read-cond :allow :features #{:cljs}} reader))))
        false
        (catch :default e
          (= :eof (:ex-kind (ex-data e))))))))

(def ^:private closing {"(" ")" "[" "]" "{" "}"})

(defn structure
  "The brackets of a text: `{:pairs {index index} :open [index …] :within :string or :comment or nil}`, the pairs both ways."
  [text]
  (loop [i 0 open [] pairs {} within nil]
    (if (>= i (count text))
      {:open open :pairs pairs :within within}
      (let [c (.charAt text i)]
        (case within
          :string  (cond
                     (= c "\\") (recur (+ i 2) open pairs within)
                     (= c "\"") (recur (inc i) open pairs nil)
                     :else      (recur (inc i) open pairs within))
          :comment (recur (inc i) open pairs (when-not (= c "\n") within))
          (cond
            (= c "\\") (recur (+ i 2) open pairs nil)
            (= c "\"") (recur (inc i) open pairs :string)
            (= c ";")  (recur (inc i) open pairs :comment)
            (closing c) (recur (inc i) (conj open i) pairs nil)
            (and (seq open) (= c (closing (.charAt text (peek open)))))
            (recur (inc i) (pop open) (assoc pairs i (peek open) (peek open) i) nil)
            :else (recur (inc i) open pairs nil)))))))

(defn match-at
  "The index of the bracket that the one before the cursor matches, or nil."
  [text at]
  (get (:pairs (structure text)) (dec at)))

(defn- line-start [text at]
  (inc (.lastIndexOf text "\n" (dec at))))

(defn- line-end [text at]
  (let [i (.indexOf text "\n" at)]
    (if (neg? i) (count text) i)))

(defn- body-form? [head]
  (re-find #"^(def|with-|when|if-|let|fn$|do|loop|binding|case|cond|for|go|try|catch|finally|ns$|testing|async|reify|extend|letfn|while)" head))

(defn indentation
  "The number of spaces that a line after `before` begins with."
  [before]
  (let [{:keys [open within]} (structure before)
        bracket (peek open)]
    (if (or (nil? bracket) (= :string within))
      0
      (let [column (- bracket (line-start before bracket))
            [_ head gap argument] (re-find #"^([^\s()\[\]{}\"]+)([ \t]+)(\S)?" (subs before (inc bracket)))]
        (cond
          (not= "(" (.charAt before bracket)) (inc column)
          (nil? head)        (if (re-find #"^[^\s()\[\]{}\"]+\s*$" (subs before (inc bracket))) (+ column 2) (inc column))
          (body-form? head)  (+ column 2)
          (nil? argument)    (+ column 2)
          :else              (+ column 1 (count head) (count gap)))))))

;; -- changes ---------------------------------------------------------------------------------------------------------------

(defn insert
  "The state with `s` at the cursor."
  [{:keys [text at] :as state} s]
  (assoc state :text (str (subs text 0 at) s (subs text at)) :at (+ at (count s))))

(defn- cut
  "Takes the text between two indices out; what `kept` says is kept to be put back."
  [{:keys [text] :as state} from to kept]
  (cond-> (assoc state :text (str (subs text 0 from) (subs text to)) :at from)
    kept (assoc :killed (subs text from to))))

(defn- step-back
  "The index one character, be it of two code units, before `at`."
  [text at]
  (if (re-find #"[\uD800-\uDBFF][\uDC00-\uDFFF]$" (subs text 0 at)) (- at 2) (max 0 (dec at))))

(defn- step-on [text at]
  (if (re-find #"^[\uD800-\uDBFF][\uDC00-\uDFFF]" (subs text at)) (+ at 2) (min (count text) (inc at))))

(defn- word-back [text at]
  (- at (count (re-find #"[^\s()\[\]{}\"]*[\s()\[\]{}\"]*$" (subs text 0 at)))))

(defn- word-on [text at]
  (+ at (count (re-find #"^[\s()\[\]{}\"]*[^\s()\[\]{}\"]*" (subs text at)))))

(defn- new-line [{:keys [text at] :as state}]
  (insert state (str "\n" (apply str (repeat (indentation (subs text 0 at)) " ")))))

(defn- enter [{:keys [text] :as state}]
  (if (incomplete? text)
    (new-line state)
    (assoc state :action :submit)))

;; -- lines and history -----------------------------------------------------------------------------------------------------

(defn- show [{:keys [history] :as state} pos]
  (let [text (if (= pos (count history)) (:draft state) (nth history pos))]
    (assoc state :text text :at (count text) :pos (when (< pos (count history)) pos))))

(defn- older [{:keys [pos history text] :as state}]
  (let [at (or pos (count history))]
    (if (zero? at)
      state
      (show (cond-> state (nil? pos) (assoc :draft text)) (dec at)))))

(defn- newer [{:keys [pos] :as state}]
  (if pos (show state (inc pos)) state))

(defn- up [{:keys [text at] :as state}]
  (let [start (line-start text at)]
    (if (zero? start)
      (older state)
      (let [before (line-start text (dec start))]
        (assoc state :at (min (+ before (- at start)) (dec start)))))))

(defn- down [{:keys [text at] :as state}]
  (let [end (line-end text at)]
    (if (= end (count text))
      (newer state)
      (assoc state :at (min (+ (inc end) (- at (line-start text at))) (line-end text (inc end)))))))

;; -- search ----------------------------------------------------------------------------------------------------------------

(defn- find-before [history query pos]
  (some #(when (string/includes? (nth history %) query) %) (range (dec pos) -1 -1)))

(defn- search
  "The state with what the query finds before `pos`; what was shown stays where nothing is found."
  [{:keys [history] :as state} query pos]
  (let [found (when (seq query) (find-before history query pos))]
    (cond-> (assoc state :search {:query query :pos (or found pos) :failed (and (seq query) (nil? found))})
      found (assoc :text (nth history found) :at (.indexOf (nth history found) query)))))

(defn- begin-search [{:keys [history text] :as state}]
  (assoc (search state "" (count history)) :draft text))

(defn- in-search [{:keys [history search-key] {:keys [query pos]} :search :as state} {:keys [name ctrl sequence] :as key} press]
  (cond
    (and ctrl (= name "r")) (search state query pos)
    (= name "backspace")    (search state (subs query 0 (max 0 (dec (count query)))) (count history))
    (or (and ctrl (#{"g" "c"} name)))
    (assoc state :search nil :text (:draft state) :at (count (:draft state)))
    (and (not ctrl) (not (:meta key)) sequence (re-matches #"[^\u0000-\u001f\u007f]+" sequence))
    (search state (str query sequence) (count history))
    ;; Any other key ends the search and does what it does.
    (= name "escape") (assoc state :search nil)
    :else (press (assoc state :search nil) key)))

;; -- keys ------------------------------------------------------------------------------------------------------------------

(def ^:private control
  {"a" (fn [{:keys [text at] :as s}] (assoc s :at (line-start text at)))
   "b" (fn [{:keys [text at] :as s}] (assoc s :at (step-back text at)))
   "c" (fn [s] (assoc s :action :cancel))
   "d" (fn [{:keys [text at] :as s}]
         (if (= "" text) (assoc s :action :end) (cut s at (step-on text at) false)))
   "e" (fn [{:keys [text at] :as s}] (assoc s :at (line-end text at)))
   "f" (fn [{:keys [text at] :as s}] (assoc s :at (step-on text at)))
   "h" (fn [{:keys [text at] :as s}] (cut s (step-back text at) at false))
   "j" enter
   "k" (fn [{:keys [text at] :as s}]
         (let [end (line-end text at)]
           (assoc (cut s at (if (= end at) (step-on text at) end) true) :at at)))
   "l" (fn [s] (assoc s :action :clear))
   "n" down
   "p" up
   "r" begin-search
   "u" (fn [{:keys [text at] :as s}] (cut s (line-start text at) at true))
   "w" (fn [{:keys [text at] :as s}] (cut s (word-back text at) at true))
   "y" (fn [s] (insert s (:killed s)))
   "left"  (fn [{:keys [text at] :as s}] (assoc s :at (word-back text at)))
   "right" (fn [{:keys [text at] :as s}] (assoc s :at (word-on text at)))})

(def ^:private with-meta-key
  {"b" (control "left")
   "f" (control "right")
   "d" (fn [{:keys [text at] :as s}] (cut s at (word-on text at) true))
   "backspace" (control "w")
   "return" new-line
   "enter" new-line})

(def ^:private plain
  {"left"      (control "b")
   "right"     (control "f")
   "up"        up
   "down"      down
   "home"      (control "a")
   "end"       (control "e")
   "backspace" (control "h")
   "delete"    (fn [{:keys [text at] :as s}] (cut s at (step-on text at) false))
   "return"    enter
   "enter"     enter
   "tab"       (fn [{:keys [text at] :as s}]
                 (if (re-find #"(^|\n)[ ]*$" (subs text 0 at))
                   (insert s "  ")
                   (assoc s :action :complete)))
   "paste-start" (fn [s] (assoc s :pasting true))})

(defn- pasted
  "A key within a paste: its text as it is."
  [state {:keys [name sequence]}]
  (case name
    "paste-end"        (dissoc state :pasting)
    ("return" "enter") (insert state "\n")
    "tab"              (insert state "  ")
    (cond-> state sequence (insert sequence))))

(defn press
  "The state after a key, `{:name :ctrl :meta :sequence}` as Node names them."
  [state {:keys [name ctrl meta sequence] :as key}]
  (let [state (assoc state :action nil)
        f     (get (cond ctrl control meta with-meta-key :else plain) name)]
    (cond
      (:pasting state) (pasted state key)
      (:search state)  (in-search state key press)
      f                (f state)
      (and (not ctrl) (not meta) sequence (re-matches #"[^\u0000-\u001f\u007f]+" sequence)) (insert state sequence)
      :else            state)))

(defn fresh
  "The state in which the next text is entered; `entered`, where it is given, goes to the history."
  ([history]
   {:text "" :at 0 :history history :pos nil :draft "" :killed "" :search nil :action nil})
  ([{:keys [history killed]} entered]
   (assoc (fresh (cond-> history
                   (and (not (string/blank? entered)) (not= entered (peek history))) (conj entered)))
     :killed killed)))

(defn complete-with
  "The state with the longest beginning that the candidates (strings, all of which begin with `prefix`) have in common."
  [state prefix candidates]
  (let [common (reduce (fn [a b]
                         (subs a 0 (count (take-while true? (map = a b)))))
                 candidates)]
    (insert state (subs common (count prefix)))))
