(ns cljs.core.async.impl.ioc-macros
  "The macros of core.async's state machine; its functions are the ordinary namespace of this name.")

(defmacro aset-all!
  "Sets elements of a JavaScript array, given as indices and values in turn; the value is the array."
  [array & index-values]
  (let [sym (gensym "array")]
    `(let [~sym ~array]
       ~@(for [[index value] (partition 2 index-values)]
           `(aset ~sym ~index ~value))
       ~sym)))

(defmacro gen-plan
  "A plan, which is a function of a state to [value state], out of several: each of `bindings` names the value of a plan for those
  after it and for `value`."
  [bindings value]
  (let [state (gensym "state")]
    `(fn [~state]
       (let [~@(mapcat (fn [[target plan]] [[target state] (list plan state)]) (partition 2 bindings))]
         [~value ~state]))))
