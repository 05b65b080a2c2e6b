package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
)

// write puts a self-signed certificate with these dates, and its key, into the files.
func write(t *testing.T, f Files, from, to time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: from, NotAfter: to, DNSNames: []string{"node"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{f.Cert: {Type: "CERTIFICATE", Bytes: der}, f.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func files(t *testing.T) Files {
	dir := t.TempDir()
	return Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
}

func TestOpenRefusesWhatIsNoGoodNowAndNamesFileAndDate(t *testing.T) {
	now := time.Now()
	good := files(t)
	write(t, good, now.Add(-time.Hour), now.Add(time.Hour))
	with := func(from, to time.Time) Files {
		f := files(t)
		write(t, f, from, to)
		return f
	}
	expired := with(now.Add(-2*time.Hour), now.Add(-time.Hour))
	early := with(now.Add(time.Hour), now.Add(2*time.Hour))
	for _, c := range []struct {
		name  string
		files Files
		key   string
		words []string
	}{
		{"expired", expired, "tls.cert_file", []string{expired.Cert, "expired on " + date(now.Add(-time.Hour))}},
		{"early", early, "tls.cert_file", []string{early.Cert, "not valid before " + date(now.Add(time.Hour))}},
		{"no file", Files{Cert: "/nowhere", Key: good.Key}, "tls.cert_file", []string{"/nowhere"}},
		{"no key", Files{Cert: good.Cert, Key: "/nowhere"}, "tls.key_file", []string{"/nowhere"}},
		{"another's key", Files{Cert: good.Cert, Key: expired.Key}, "tls.cert_file", []string{expired.Key}},
		{"expired CA", Files{Cert: good.Cert, Key: good.Key, CA: expired.Cert}, "tls.ca_file", []string{expired.Cert, "expired on"}},
		{"no CA", Files{Cert: good.Cert, Key: good.Key, CA: good.Key}, "tls.ca_file", []string{"no PEM certificate"}},
		{"no CA of callers", Files{Cert: good.Cert, Key: good.Key, Callers: "/nowhere"}, "tls.client_ca_file", []string{"/nowhere"}},
		{"expired CA of callers", Files{Cert: good.Cert, Key: good.Key, Callers: expired.Cert}, "tls.client_ca_file", []string{expired.Cert, "expired on"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(c.files, nil)
			var bad *Invalid
			if !errors.As(err, &bad) || bad.Key != c.key {
				t.Fatalf("got %v, want a flaw of %s", err, c.key)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

// An old CA beside the new one is normal while a CA is replaced; the old one may expire there.
func TestOneGoodCAIsEnough(t *testing.T) {
	now := time.Now()
	good, old := files(t), files(t)
	write(t, good, now.Add(-time.Hour), now.Add(time.Hour))
	write(t, old, now.Add(-2*time.Hour), now.Add(-time.Hour))
	var both []byte
	for _, f := range []string{old.Cert, good.Cert} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, b...)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, both, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Files{Cert: good.Cert, Key: good.Key, CA: ca}, nil)
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(s)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "aion_tls_not_after_seconds" {
		t.Fatalf("got %v, %v", families, err)
	}
	ends := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		ends[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
	}
	end := float64(now.Add(time.Hour).Unix())
	if want := map[string]float64{ca: end, good.Cert: end}; !maps.Equal(ends, want) {
		t.Errorf("the metric says %v, want %v", ends, want)
	}
}

// logged returns a Set with a valid certificate of 40 days, and a function that returns what was
// logged since its last call.
func logged(t *testing.T) (s *Set, f Files, said func() string) {
	f = files(t)
	write(t, f, time.Now().Add(-day), time.Now().Add(40*day))
	log := new(bytes.Buffer)
	s, err := Open(f, hclog.New(&hclog.LoggerOptions{Output: log, DisableTime: true}))
	if err != nil {
		t.Fatal(err)
	}
	return s, f, func() string {
		defer log.Reset()
		return log.String()
	}
}

const day = 24 * time.Hour

func TestExpiryIsSaidInTimeAndOnce(t *testing.T) {
	s, f, said := logged(t)
	end := s.Certificate().Leaf.NotAfter
	for _, c := range []struct {
		left time.Duration
		want string
	}{
		{31 * day, ""}, {30 * day, "expires soon"}, {29 * day, ""}, {7 * day, "expires soon"}, {2 * day, ""},
		{day, "expires soon"}, {time.Hour, ""}, {-time.Second, "expired"}, {-day, ""},
	} {
		s.warn(end.Add(-c.left))
		got := said()
		if c.want == "" && got != "" || c.want != "" && (strings.Count(got, c.want) != 1 || !strings.Contains(got, f.Cert)) {
			t.Errorf("with %v left: %q, want %q and the file", c.left, got, c.want)
		}
		if err := s.Expired(end.Add(-c.left)); (err != nil) != (c.left < 0) {
			t.Errorf("with %v left: %v", c.left, err)
		}
	}
	write(t, f, time.Now().Add(-day), time.Now().Add(90*day))
	if changed, err := s.Reload(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	end = s.Certificate().Leaf.NotAfter
	s.warn(end.Add(-31 * day))
	s.warn(end.Add(-29 * day))
	if got := said(); strings.Count(got, "expires soon") != 1 {
		t.Errorf("29 days before the end of the next one: %q, want a warning", got)
	}
}

func TestRunTakesOverWhatIsRenewedAndKeepsWhatIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f, said := logged(t)
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			s.Run(ctx)
		}()
		after := func(d time.Duration) string {
			<-time.After(d)
			synctest.Wait()
			return said()
		}
		after(3 * Every)
		was := s.Certificate()
		write(t, f, time.Now().Add(-2*day), time.Now().Add(-day))
		if got := after(3 * Every); strings.Count(got, "cannot be used") != 1 || s.Certificate() != was {
			t.Errorf("an expired one in its place: %q, want that the old one stays, said once", got)
		}
		write(t, f, time.Now().Add(-day), time.Now().Add(90*day))
		if got := after(Every); strings.Count(got, "reloaded") != 1 || s.Certificate() == was {
			t.Errorf("a good one in its place: %q, want that it is taken over", got)
		}
		if got := after(3 * Every); got != "" {
			t.Errorf("nothing has changed, and the log says %q", got)
		}
		stop()
		<-over
	})
}

// Callers of a CA that comes into the file count from the next connection on, and those of one that
// goes out of it count no more, on connections that are open either.
func TestCallersFollowTheirFile(t *testing.T) {
	now := time.Now()
	f, one, two := files(t), files(t), files(t)
	for _, f := range []Files{f, one, two} {
		write(t, f, now.Add(-time.Hour), now.Add(time.Hour))
	}
	f.Callers = filepath.Join(t.TempDir(), "callers.pem")
	swap := func(from Files) *x509.Certificate {
		t.Helper()
		b, err := os.ReadFile(from.Cert)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Callers, b, 0o600); err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(b)
		ca, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return ca
	}
	before := swap(one)
	s, err := Open(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	config := s.Server(new(tls.Config))
	asks := func() *x509.CertPool {
		t.Helper()
		c, err := config.GetConfigForClient(nil)
		if err != nil || c.ClientAuth != tls.VerifyClientCertIfGiven {
			t.Fatalf("%+v, %v", c, err)
		}
		return c.ClientCAs
	}
	pool := func(ca *x509.Certificate) *x509.CertPool {
		p := x509.NewCertPool()
		p.AddCert(ca)
		return p
	}
	if !asks().Equal(pool(before)) || !s.Vouches(before) {
		t.Error("the first CA does not count")
	}
	after := swap(two)
	if changed, err := s.Reload(); err != nil || !changed {
		t.Fatalf("%v, %v", changed, err)
	}
	if !asks().Equal(pool(after)) || s.Vouches(before) || !s.Vouches(after) {
		t.Error("the second CA does not take the place of the first")
	}
	if err := os.WriteFile(f.Callers, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reload(); err == nil || !s.Vouches(after) {
		t.Errorf("a file that cannot be used: %v", err)
	}
}
