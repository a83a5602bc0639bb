package test

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a DNS server that knows one domain: every name below it has one IPv4 address.
type nameServer struct {
	domain  string // with a dot at both ends
	address [4]byte

	mu    sync.Mutex
	asked []string // names, each as often as it was asked for
}

const (
	nameServerHost = "127.0.0.53"
	deadHost       = "127.0.0.54" // nobody listens
)

func resolverText(server string) string {
	return "nameserver " + server + "\noptions timeout:1 attempts:1\n"
}

// nobodyKnows has the resolver ask a name server that knows no name.
func nobodyKnows(t *testing.T) {
	t.Helper()
	systemFile(t, "/etc/resolv.conf", resolverText(nameServerHost))
	serveNames(t, nameServerHost+":53", ".nothing.test.", [4]byte{})
}

// serveNames starts the server on the address and stops it with the test.
func serveNames(t *testing.T, on, domain string, address [4]byte) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", on)
	require.NoError(t, err)
	s := &nameServer{domain: domain, address: address}
	done := make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 512) // the most that a query may have without extensions
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return // closed
			}
			if reply, err := s.reply(packet[:n]); err == nil {
				conn.WriteTo(reply, from) // who has gone away needs none
			}
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		<-done
	})
	return s
}

func (s *nameServer) reply(query []byte) ([]byte, error) {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := p.Question()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(question.Name.String())
	s.note(name)
	header.Response, header.Authoritative, header.RecursionAvailable = true, true, true
	known := strings.HasSuffix(name, s.domain)
	if !known {
		header.RCode = dnsmessage.RCodeNameError
	}
	b := dnsmessage.NewBuilder(nil, header)
	if err := b.StartQuestions(); err != nil {
		return nil, err
	}
	if err := b.Question(question); err != nil {
		return nil, err
	}
	if err := b.StartAnswers(); err != nil {
		return nil, err
	}
	if known && question.Type == dnsmessage.TypeA {
		answer := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 60}
		if err := b.AResource(answer, dnsmessage.AResource{A: s.address}); err != nil {
			return nil, err
		}
	}
	return b.Finish()
}

func (s *nameServer) note(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, strings.TrimSuffix(name, "."))
}

// names are those that were asked for, sorted, each once.
func (s *nameServer) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(s.asked)))
}
