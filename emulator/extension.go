package emulator

import (
	"bytes"
	"net/http"
	"syscall"
	"time"
)

// shutdownGrace is how long a bootstrap that registered an extension has between SIGTERM and SIGKILL: what was seen of the
// genuine emulator, 30 % of the 2 s that Lambda gives where there are external extensions.
const shutdownGrace = 600 * time.Millisecond

// The Extensions API, as far as a runtime uses it: an internal extension that asks for no events, so that it gets SIGTERM.

// register takes an internal extension during init.
func (a *api) register(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		tooLarge.write(w)
		return
	}
	if err := a.addExtension(r.Header.Get("Lambda-Extension-Name"), body); err != nil {
		err.write(w)
		return
	}
	w.Header().Set("Lambda-Extension-Identifier", newUUID())
	writeJSON(w, http.StatusOK, map[string]string{"handler": "", "functionName": "", "functionVersion": "$LATEST"})
}

func (a *api) addExtension(name string, body []byte) *apiError {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case name == "":
		return &apiError{http.StatusForbidden, "Extension.InvalidExtensionName", "the extension has no name"}
	case bytes.Contains(body, []byte("SHUTDOWN")):
		return &apiError{http.StatusForbidden, "Extension.InvalidEventType", "SHUTDOWN is for external extensions"}
	case a.phase != phaseStarting:
		return &apiError{http.StatusForbidden, "Extension.RegistrationClosed", "extensions register during init"}
	}
	a.extension = true
	return nil
}

// extensionEvent waits for an event that never comes.
func (a *api) extensionEvent(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Lambda-Extension-Identifier") == "" {
		(&apiError{http.StatusForbidden, "Extension.MissingExtensionIdentifier", "the extension has no identifier"}).write(w)
		return
	}
	<-r.Context().Done()
}

func (a *api) hasExtension() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.extension
}

// shutDown gives a bootstrap with an extension its notice.
func (s *session) shutDown() {
	if !s.api.hasExtension() || s.exited() {
		return
	}
	s.process.signalGroup(syscall.SIGTERM)
	grace := time.NewTimer(shutdownGrace)
	defer grace.Stop()
	select {
	case <-s.process.done:
	case <-grace.C:
	}
}
