package test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	stdlog "log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// authority signs the certificates of servers in a test. Nobody trusts it but who is given its own.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	pem         []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of the tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{key, certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue makes a server's certificate for the name.
func (a *authority) issue(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: a.certificate.NotBefore, NotAfter: a.certificate.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key}, nil
}

// edge stands where AWS's own servers do: it ends TLS under their names and passes requests on, as they are, to the server
// behind each. To two objects of S3 it does what happens in networks:
const (
	dropped  = "dropped"  // the connection breaks before the answer, the first `drops` times
	together = "together" // nobody is answered before `crowd` requests are here
)

const (
	drops = 2
	crowd = 50
)

type edge struct {
	authority *authority
	s3, other *httputil.ReverseProxy

	mu           sync.Mutex
	faults       edgeFaults
	certificates map[string]*tls.Certificate
	requests     map[string]int // by the object's key
	waiting      int
	all          chan struct{} // closed when the crowd is here
}

// edgeFaults are what the edge does wrong, for tests of the tests.
type edgeFaults struct {
	named string // the name in its certificates; empty: the one that the client asks for
	drop  bool   // break every connection to the object `dropped`
	flip  bool   // change a bit of every object
}

// serveEdge listens on the address until the test ends.
func serveEdge(t *testing.T, on string, a *authority) *edge {
	t.Helper()
	e := &edge{authority: a, certificates: map[string]*tls.Certificate{}}
	e.s3 = e.passTo(&url.URL{Scheme: "http", Host: s3Address})
	e.other = e.passTo(&url.URL{Scheme: "https", Host: awsAddress})
	e.forget(edgeFaults{})
	listener, err := tls.Listen("tcp", on, &tls.Config{GetCertificate: e.certificate, NextProtos: []string{"http/1.1"}})
	require.NoError(t, err)
	server := &http.Server{Handler: e, ErrorLog: stdlog.New(io.Discard, "", 0)} // of clients that refuse the certificate
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener) // ends with ErrServerClosed
	}()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		<-done
	})
	return e
}

// forget has the edge count from the start again, and do wrong what is named.
func (e *edge) forget(f edgeFaults) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults, e.requests, e.waiting, e.all = f, map[string]int{}, 0, make(chan struct{})
}

func (e *edge) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	name := cmp.Or(e.faults.named, hello.ServerName)
	if e.certificates[name] == nil {
		c, err := e.authority.issue(name)
		if err != nil {
			return nil, err
		}
		e.certificates[name] = c
	}
	return e.certificates[name], nil
}

func (e *edge) passTo(server *url.URL) *httputil.ReverseProxy {
	roots := x509.NewCertPool()
	roots.AddCert(e.authority.certificate)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.Host = r.In.Host // it is part of what was signed
		},
		ModifyResponse: func(r *http.Response) error {
			if e.wrong().flip && r.Request.Method == http.MethodGet && keyOf(r.Request) != "" {
				r.Body = &bitFlipper{ReadCloser: r.Body}
			}
			return nil
		},
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: behind}, DisableCompression: true},
		ErrorLog:  stdlog.New(io.Discard, "", 0),
	}
}

func (e *edge) wrong() edgeFaults {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.faults
}

// keyOf is the object that a request to S3 is about; buckets are in the host's name.
func keyOf(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") }

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains("."+r.Host, ".s3.") {
		e.other.ServeHTTP(w, r)
		return
	}
	if key := keyOf(r); r.Method == http.MethodGet {
		switch n := e.count(key); {
		case key == dropped && (n <= drops || e.wrong().drop):
			panic(http.ErrAbortHandler) // net/http's way to break the connection
		case key == together:
			e.wait(r)
		}
	}
	e.s3.ServeHTTP(w, r)
}

func (e *edge) count(key string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests[key]++
	return e.requests[key]
}

// seen is how often an object was asked for.
func (e *edge) seen(key string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests[key]
}

// wait returns when the crowd is here. A client that does not send all at once waits until its own deadline.
func (e *edge) wait(r *http.Request) {
	e.mu.Lock()
	all := e.all
	if e.waiting++; e.waiting == crowd {
		close(all)
	}
	e.mu.Unlock()
	select {
	case <-all:
	case <-r.Context().Done():
	}
}

// bitFlipper changes one bit of the first byte that is read.
type bitFlipper struct {
	io.ReadCloser
	done bool
}

func (f *bitFlipper) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if n > 0 && !f.done {
		p[0] ^= 1
		f.done = true
	}
	return n, err
}
