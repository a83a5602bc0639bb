(ns echo.core)

(defn handler [{:keys [event]}]
  event)
