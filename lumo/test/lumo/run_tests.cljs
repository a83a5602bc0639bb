(ns lumo.run-tests
  "Runs every test namespace inside the built lumo:

      lumo -c lumo/test -m lumo.run-tests"
  (:require
   [cljs.test :as test]
   [lumo.core-test]
   [lumo.impl.analysis-test]
   [lumo.impl.args-test]
   [lumo.impl.classpath-test]
   [lumo.impl.compiler-test]
   [lumo.impl.error-test]
   [lumo.impl.lambda.event-test]
   [lumo.impl.lambda.handler-test]
   [lumo.impl.lambda.record-test]
   [lumo.impl.lambda.source-test]
   [lumo.impl.lambda.where-test]
   [lumo.impl.npm-test]
   [lumo.impl.script-test]
   [lumo.impl.stack-test]
   [lumo.impl.text-test]
   [lumo.lambda.events-test]
   [lumo.lambda.ring-test]
   [lumo.lambda.stream-test]))

;; Until the last test has ended well the status is that of a failure: a run that stops half-way must not look like success.
(defmethod test/report [::test/default :end-run-tests] [{:keys [pass fail error]}]
  (println (str "\n" pass " passed, " (+ fail error) " failed"))
  (set! (.-exitCode js/process) (if (and (pos? pass) (zero? (+ fail error))) 0 1)))

(defn -main [& _]
  (set! (.-exitCode js/process) 1)
  (test/run-tests
    'lumo.core-test
    'lumo.impl.analysis-test
    'lumo.impl.args-test
    'lumo.impl.classpath-test
    'lumo.impl.compiler-test
    'lumo.impl.error-test
    'lumo.impl.lambda.event-test
    'lumo.impl.lambda.handler-test
    'lumo.impl.lambda.record-test
    'lumo.impl.lambda.source-test
    'lumo.impl.lambda.where-test
    'lumo.impl.npm-test
    'lumo.impl.script-test
    'lumo.impl.stack-test
    'lumo.impl.text-test
    'lumo.lambda.events-test
    'lumo.lambda.ring-test
    'lumo.lambda.stream-test))
