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

	"aion.dev/aion/internal/certs"
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
	return opened(t, a.files(t, dir, name))
}

// files issues a certificate for a node in dir.
func (a *authority) files(t *testing.T, dir, name string) certs.Files {
	t.Helper()
	n := certs.Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: a.file}
	a.issue(t, &x509.Certificate{
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, n.Cert, n.Key)
	return n
}

func opened(t *testing.T, f certs.Files) NodeTLS {
	t.Helper()
	set, err := certs.Open(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return NodeTLS{Certificates: set}
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
	trusting := theirs.files(t, t.TempDir(), "node-a") // trusts our CA, but is signed by theirs
	trusting.CA = ours.file
	for what, cfg := range map[string]PortConfig{
		"plaintext":               {},
		"a node of another CA":    {TLS: theirs.node(t, "node-a")},
		"a certificate of theirs": {TLS: opened(t, trusting)},
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

func TestTLSNeedsACA(t *testing.T) {
	f := newAuthority(t).files(t, t.TempDir(), "a")
	f.CA = ""
	_, err := opened(t, f).load()
	wantError(t, err, "tls.ca_file", "missing")
}

// A cluster moves to a new CA one file after the other, without a restart: first everybody trusts
// both, then everybody shows a certificate of the new one, then the old one is trusted no more.
func TestTLSTakesOverNewFiles(t *testing.T) {
	old, next := newAuthority(t), newAuthority(t)
	type node struct {
		files certs.Files
		tls   NodeTLS
		port  *Port
	}
	var nodes [2]*node
	for i := range nodes {
		n := &node{files: old.files(t, t.TempDir(), "node")}
		n.files.CA = filepath.Join(t.TempDir(), "ca.pem")
		copyFiles(t, n.files.CA, old.file)
		n.tls = opened(t, n.files)
		n.port = openTestPort(t, PortConfig{TLS: n.tls})
		n.port.Handle("echo", func(_ context.Context, body []byte) ([]byte, error) { return body, nil })
		n.port.Serve()
		nodes[i] = n
	}
	talk := func(step string, want bool) {
		t.Helper()
		for i, n := range nodes {
			n.port.client.CloseIdleConnections() // what is open stays open; this is about new ones
			if _, err := n.port.Call(t.Context(), nodes[1-i].port.Advertised(), "echo", nil); (err == nil) != want {
				t.Errorf("%s: node %d calls the other: %v", step, i, err)
			}
		}
	}
	reload := func(n *node) {
		t.Helper()
		if changed, err := n.tls.Certificates.Reload(); err != nil || !changed {
			t.Fatalf("reload: %v, %v", changed, err)
		}
	}
	talk("as it was", true)
	for _, n := range nodes {
		copyFiles(t, n.files.CA, old.file, next.file)
		reload(n)
		talk("one more trusts both", true)
	}
	for _, n := range nodes {
		next.files(t, filepath.Dir(n.files.Cert), "node")
		reload(n)
		talk("one more shows the new", true)
	}
	copyFiles(t, nodes[0].files.CA, next.file)
	reload(nodes[0])
	talk("one trusts the new only", true)
	old.files(t, filepath.Dir(nodes[1].files.Cert), "node")
	reload(nodes[1])
	talk("the other went back to the old", false)
}

// copyFiles writes the files one after the other into one.
func copyFiles(t *testing.T, to string, from ...string) {
	t.Helper()
	var all []byte
	for _, f := range from {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	if err := os.WriteFile(to, all, 0o600); err != nil {
		t.Fatal(err)
	}
}
