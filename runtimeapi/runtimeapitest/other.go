package runtimeapitest

import "net/http"

// endpoint is a call beside those of the invocations.
type endpoint struct {
	name   string
	method string
	serve  func(http.ResponseWriter, *http.Request, Call)
}

// extensionID is what a registered extension has to show.
const extensionID = "5ad8a536-e9f4-11e8-9739-2dfe598c3fcd"

// others are these calls by their paths, as the platform has them at this moment.
func (s *Server) others() map[string]endpoint {
	all := map[string]endpoint{
		"/2020-01-01/extension/register":   {"extension/register", http.MethodPost, s.register},
		"/2020-01-01/extension/event/next": {"extension/event/next", http.MethodGet, s.extensionNext},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.restore != nil {
		all["/restore/next"] = endpoint{"restore/next", http.MethodGet, s.restoreNext}
		all["/restore/error"] = endpoint{"restore/error", http.MethodPost, s.restoreError}
	}
	return all
}

// register takes an internal extension without events, during init.
func (s *Server) register(w http.ResponseWriter, r *http.Request, call Call) {
	switch {
	case r.Header.Get("Lambda-Extension-Name") == "":
		s.answer(w, call, 403, "Extension.InvalidExtensionName")
	case string(call.Body) != `{"events":[]}`:
		s.answer(w, call, 403, "Extension.InvalidEventType") // as the platform says of SHUTDOWN and an internal extension
	case s.called("next"):
		s.answer(w, call, 403, "Extension.RegistrationClosed")
	default:
		w.Header().Set("Lambda-Extension-Identifier", extensionID)
		s.answer(w, call, 200, "")
	}
}

// extensionNext waits for ever: there is no event of no kind.
func (s *Server) extensionNext(w http.ResponseWriter, r *http.Request, call Call) {
	if r.Header.Get("Lambda-Extension-Identifier") != extensionID {
		s.answer(w, call, 403, "Extension.UnknownExtensionIdentifier")
		return
	}
	s.update(func() { s.calls = append(s.calls, call) })
	<-r.Context().Done()
}

// SnapStart gives the server the calls of a restore: the first /restore/next is answered after Restore.
func (s *Server) SnapStart() { s.update(func() { s.restore = make(chan struct{}) }) }

// Restore ends the snapshot.
func (s *Server) Restore() {
	s.update(func() {
		if !s.restored {
			s.restored = true
			close(s.restore)
		}
	})
}

func (s *Server) restoreNext(w http.ResponseWriter, r *http.Request, call Call) {
	s.update(func() { s.calls = append(s.calls, call) }) // the wait is what a test waits for
	select {
	case <-s.restore:
		w.WriteHeader(http.StatusOK)
	case <-r.Context().Done():
	}
}

// restoreError takes the report that the runtime cannot go on after its restore.
func (s *Server) restoreError(w http.ResponseWriter, _ *http.Request, call Call) {
	s.update(func() { s.failed = true })
	s.answer(w, call, 202, "")
}

func (s *Server) called(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.Name == name {
			return true
		}
	}
	return false
}
