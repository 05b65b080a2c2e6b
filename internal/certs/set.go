// Package certs keeps this node's certificate, its key and the CA in step with their files: a
// certificate renewed on disk is shown to the next connection, without a restart.
//
// It decides which certificate is shown and which CA is trusted now, refuses what is expired or not
// valid yet, and warns in time before something expires. It never decides who may connect: whoever
// accepts connections does, with Certificate and Roots. Begin with set.go; watch.go checks the
// files and the clock, metrics.go reports to Prometheus.
package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Files are the PEM files of one node. CA may be empty: the system's roots then. Callers are the
// CAs that certificates of callers descend from; empty = callers show none.
type Files struct{ Cert, Key, CA, Callers string }

// Invalid describes why a file cannot be used.
type Invalid struct {
	Key    string // the setting that names the file
	File   string
	Reason string
}

// Error implements error.
func (e *Invalid) Error() string { return fmt.Sprintf("%s %s: %s", e.Key, e.File, e.Reason) }

// Set is the current content of the files. Its methods may be called by any goroutine.
type Set struct {
	files Files
	log   hclog.Logger
	said  map[string]int // by file, the warnings that have been logged; used only by Run

	mu  sync.Mutex // guards now
	now *loaded
}

// loaded is one reading of the files. It is immutable.
type loaded struct {
	raw     [4][]byte // cert, key, CA, callers
	cert    *tls.Certificate
	roots   *x509.CertPool  // nil = the system's
	callers *x509.CertPool  // nil = none count
	vouch   map[string]bool // DER of what is in callers
	ends    []end
}

// end is when a file expires.
type end struct {
	file     string
	notAfter time.Time
}

// Open reads the files. A certificate that is expired or not valid yet is refused, with *Invalid.
func Open(files Files, log hclog.Logger) (*Set, error) {
	now, err := files.read(time.Now())
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = hclog.NewNullLogger()
	}
	return &Set{files: files, log: log, said: map[string]int{}, now: now}, nil
}

// Certificate returns the certificate to show now.
func (s *Set) Certificate() *tls.Certificate { return s.current().cert }

// Roots returns the CAs to trust now; nil means the system's.
func (s *Set) Roots() *x509.CertPool { return s.current().roots }

// Server returns a configuration that shows the current certificate to every new connection, and
// lets callers show one of their own that descends from a CA which counts now.
func (s *Set) Server(c *tls.Config) *tls.Config {
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return s.Certificate(), nil
	}
	if s.files.Callers == "" {
		return c
	}
	c.ClientAuth = tls.VerifyClientCertIfGiven // whoever shows none shows a token
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := c.Clone()
		now.GetConfigForClient, now.ClientCAs = nil, s.current().callers
		return now, nil
	}
	return c
}

// Vouches reports whether what descends from a CA counts as a caller now: it may have been taken
// out of the file after the connection was made.
func (s *Set) Vouches(ca *x509.Certificate) bool { return s.current().vouch[string(ca.Raw)] }

// Expired returns an error if this node's certificate has expired, so that other sides refuse it.
func (s *Set) Expired(now time.Time) error {
	if leaf := s.Certificate().Leaf; now.After(leaf.NotAfter) {
		return &Invalid{"tls.cert_file", s.files.Cert, "the certificate expired on " + date(leaf.NotAfter)}
	}
	return nil
}

// Reload reads the files again and reports whether they have changed. If they cannot be used it
// returns an error and keeps the previous ones.
func (s *Set) Reload() (changed bool, err error) {
	next, err := s.files.read(time.Now())
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range next.raw {
		changed = changed || !bytes.Equal(next.raw[i], s.now.raw[i])
	}
	if changed {
		s.now = next
	}
	return changed, nil
}

func (s *Set) current() *loaded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (f Files) read(now time.Time) (*loaded, error) {
	l := &loaded{}
	for i, file := range []struct{ key, path string }{
		{"tls.cert_file", f.Cert}, {"tls.key_file", f.Key}, {"tls.ca_file", f.CA}, {"tls.client_ca_file", f.Callers},
	} {
		if file.path == "" && i >= 2 {
			continue
		}
		var err error
		if l.raw[i], err = os.ReadFile(file.path); err != nil {
			return nil, &Invalid{file.key, file.path, err.Error()}
		}
	}
	pair, err := tls.X509KeyPair(l.raw[0], l.raw[1])
	if err != nil {
		return nil, &Invalid{"tls.cert_file", f.Cert, fmt.Sprintf("with tls.key_file %s: %v", f.Key, err)}
	}
	l.cert = &pair
	if reason := outOfDate(pair.Leaf, now); reason != "" {
		return nil, &Invalid{"tls.cert_file", f.Cert, "the certificate " + reason}
	}
	l.ends = append(l.ends, end{f.Cert, pair.Leaf.NotAfter})
	if f.CA != "" {
		if l.roots, _, err = l.readRoots("tls.ca_file", f.CA, l.raw[2], now); err != nil {
			return nil, err
		}
	}
	if f.Callers != "" {
		if l.callers, l.vouch, err = l.readRoots("tls.client_ca_file", f.Callers, l.raw[3], now); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// readRoots reads every certificate of a file of CAs. While a CA is replaced, the file has the old
// one and the new one, so it is usable as long as one of them is.
func (l *loaded) readRoots(key, file string, raw []byte, now time.Time) (*x509.CertPool, map[string]bool, error) {
	pool, in := x509.NewCertPool(), map[string]bool{}
	last, reason := time.Time{}, "has no PEM certificate"
	for rest := raw; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		ca, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, &Invalid{key, file, err.Error()}
		}
		pool.AddCert(ca)
		in[string(ca.Raw)] = true
		if why := outOfDate(ca, now); why != "" {
			if last.IsZero() {
				reason = "the CA's certificate " + why
			}
			continue
		}
		if ca.NotAfter.After(last) {
			last = ca.NotAfter
		}
	}
	if last.IsZero() {
		return nil, nil, &Invalid{key, file, reason}
	}
	l.ends = append(l.ends, end{file, last})
	return pool, in, nil
}

// outOfDate returns why a certificate is not valid now, or "".
func outOfDate(c *x509.Certificate, now time.Time) string {
	switch {
	case now.After(c.NotAfter):
		return "expired on " + date(c.NotAfter)
	case now.Before(c.NotBefore):
		return "is not valid before " + date(c.NotBefore) + ", and this machine's clock says " + date(now)
	}
	return ""
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }
