(ns work.compute
  "Work for the processor. Prints a line a task: its name, and the milliseconds of its fastest run.")

(defn fib [n]
  (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))

(defn counting [n]
  (loop [i 0 sum 0]
    (if (< i n) (recur (inc i) (+ sum (bit-and i 7))) sum)))

(defn walk [n]
  (reduce + (map inc (filter even? (take n (iterate inc 0))))))

(defn maps [n]
  (let [m (reduce (fn [m i] (assoc m (str "k" (rem i 5000)) i)) {} (range n))]
    (reduce (fn [sum i] (+ sum (get m (str "k" i) 0))) 0 (range n))))

(defn fastest [f]
  (f) ; the machine's compiler has seen it
  (apply min
    (for [_ (range 5)]
      (let [began (js/performance.now)]
        (f)
        (- (js/performance.now) began)))))

(doseq [[task f] [["fib" #(fib 24)] ["loop" #(counting 1000000)] ["walk" #(walk 50000)] ["maps" #(maps 20000)]]]
  (js/console.log task (fastest f)))
