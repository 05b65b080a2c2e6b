package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	a.cert, a.key = a.issue(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, a.file, "")
	return a
}

// node issues a certificate for a node on loopback with a DNS name.
func (a *authority) node(t *testing.T, name string) NodeTLS {
	t.Helper()
	dir := t.TempDir()
	n := NodeTLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), CAFile: a.file}
	a.issue(t, &x509.Certificate{
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, n.CertFile, n.KeyFile)
	return n
}

func (a *authority) issue(t *testing.T, template *x509.Certificate, certFile, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: t.Name()}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", der)
	if keyFile != "" {
		b, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		writePEM(t, keyFile, "PRIVATE KEY", b)
	}
	return cert, key
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTLSLetsNodesOfOneCAIn(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	b := openTestPort(t, PortConfig{TLS: ours.node(t, "node-b")})
	b.Handle("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	b.Serve()

	a := openTestPort(t, PortConfig{TLS: ours.node(t, "node-a")})
	if got, err := a.Call(t.Context(), b.Advertised(), "echo", []byte("hi")); err != nil || string(got) != "hi" {
		t.Fatalf("got %q, %v", got, err)
	}
	trusting := theirs.node(t, "node-a") // trusts our CA, but is signed by theirs
	trusting.CAFile = ours.file
	for what, cfg := range map[string]PortConfig{
		"plaintext":               {},
		"a node of another CA":    {TLS: theirs.node(t, "node-a")},
		"a certificate of theirs": {TLS: trusting},
	} {
		if _, err := openTestPort(t, cfg).Call(t.Context(), b.Advertised(), "echo", nil); err == nil {
			t.Errorf("%s was let in", what)
		}
	}
}

func TestTLSServerNameTellsNodesFromOthers(t *testing.T) {
	ca := newAuthority(t)
	named := func(name string) PortConfig {
		n := ca.node(t, name)
		n.ServerName = "node.aion"
		return PortConfig{TLS: n}
	}
	b := openTestPort(t, named("node.aion"))
	b.Handle("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
	b.Serve()
	if _, err := openTestPort(t, named("node.aion")).Call(t.Context(), b.Advertised(), "echo", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := openTestPort(t, named("web.aion")).Call(t.Context(), b.Advertised(), "echo", nil); err == nil {
		t.Fatal("a certificate of the same CA with another name was let in as a node")
	}
	stranger := openTestPort(t, named("web.aion"))
	stranger.Serve()
	if _, err := b.Call(t.Context(), stranger.Advertised(), "echo", nil); err == nil {
		t.Fatal("a node talked to a server with another name")
	}
}

func TestTLSErrorsNameTheKey(t *testing.T) {
	good := newAuthority(t).node(t, "a")
	for key, n := range map[string]NodeTLS{
		"tls.cert_file": {KeyFile: good.KeyFile, CAFile: good.CAFile},
		"tls.key_file":  {CertFile: good.CertFile, CAFile: good.CAFile},
		"tls.ca_file":   {CertFile: good.CertFile, KeyFile: good.KeyFile},
	} {
		_, err := n.load()
		wantError(t, err, key)
	}
	bad := good
	bad.CAFile = good.KeyFile
	_, err := bad.load()
	wantError(t, err, "tls.ca_file", "no certificate")
	bad = good
	bad.CertFile = filepath.Join(t.TempDir(), "nothing")
	_, err = bad.load()
	wantError(t, err, "tls.cert_file", "nothing")
}
