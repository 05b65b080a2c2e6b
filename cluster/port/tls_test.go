package port

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/internal/certs"
	"aion.dev/aion/internal/want"
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
func (a *authority) node(t *testing.T, name string) TLS {
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

func opened(t *testing.T, f certs.Files) TLS {
	t.Helper()
	set, err := certs.Open(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return TLS{Certificates: set}
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
	b := openTestPort(t, Config{TLS: ours.node(t, "node-b")})
	b.Handle("echo", func(_ context.Context, _ Introduction, body []byte) ([]byte, error) { return body, nil })
	b.Serve()

	a := openTestPort(t, Config{TLS: ours.node(t, "node-a")})
	if got, err := a.Call(t.Context(), at(b), "echo", []byte("hi")); err != nil || string(got) != "hi" {
		t.Fatalf("got %q, %v", got, err)
	}
	trusting := theirs.files(t, t.TempDir(), "node-a") // it trusts our CA, but is signed by theirs
	trusting.CA = ours.file
	for what, cfg := range map[string]Config{
		"plaintext":               {},
		"a node of another CA":    {TLS: theirs.node(t, "node-a")},
		"a certificate of theirs": {TLS: opened(t, trusting)},
	} {
		if _, err := openTestPort(t, cfg).Call(t.Context(), at(b), "echo", nil); err == nil {
			t.Errorf("%s was let in", what)
		}
	}
}

// TestCertificateMatrix tests every kind of certificate of the CA against every way of naming
// nodes, on both sides of a connection.
func TestCertificateMatrix(t *testing.T) {
	ca := newAuthority(t)
	both := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	issue := func(c x509.Certificate) certs.Files {
		dir := t.TempDir()
		f := certs.Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: ca.file}
		ca.issue(t, &c, f.Cert, f.Key)
		return f
	}
	uri := func(text string) []*url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return []*url.URL{u}
	}
	here := []net.IP{net.IPv4(127, 0, 0, 1)}
	certificates := map[string]certs.Files{
		"n1's URI":           issue(x509.Certificate{URIs: uri("aion://prod/node/n1"), ExtKeyUsage: both}),
		"n2's URI":           issue(x509.Certificate{URIs: uri("aion://prod/node/n2"), ExtKeyUsage: both}),
		"other cluster":      issue(x509.Certificate{URIs: uri("aion://test/node/n2"), IPAddresses: here, ExtKeyUsage: both}),
		"n2.example":         issue(x509.Certificate{DNSNames: []string{"n2.example"}, IPAddresses: here, ExtKeyUsage: both}),
		"n1.example":         issue(x509.Certificate{DNSNames: []string{"n1.example"}, IPAddresses: here, ExtKeyUsage: both}),
		"billing.example":    issue(x509.Certificate{DNSNames: []string{"billing.example"}, ExtKeyUsage: both}),
		"a caller":           issue(x509.Certificate{DNSNames: []string{"caller.example"}, ExtKeyUsage: both[1:]}),
		"a caller from here": issue(x509.Certificate{DNSNames: []string{"caller.example"}, IPAddresses: here, ExtKeyUsage: both[1:]}),
	}
	open := func(id, cluster, certificate string, names ...string) (*Port, error) {
		n := opened(t, certificates[certificate])
		n.Names = names
		p, err := Open(Config{
			Address: "127.0.0.1:0", TLS: n,
			Self:  introducing(Introduction{Name: cluster, Cluster: "c", From: id, Instance: id}),
			Place: func(id string) string { return map[string]string{"n1": "127.0.0.1:1", "n2": "127.0.0.1:2"}[id] },
		})
		if err == nil {
			t.Cleanup(func() { p.Close() })
			p.Serve()
		}
		return p, err
	}
	names := []string{"n1=n1.example", "n2=n2.example"}
	for _, c := range []struct {
		name        string
		own, theirs string // certificates of n1, and of the node that claims to be n2
		cluster     string
		names       []string
		want        bool
	}{
		{name: "URIs", own: "n1's URI", theirs: "n2's URI", cluster: "prod", want: true},
		{name: "URIs name the cluster too", own: "n1's URI", theirs: "n2's URI", want: true},
		{name: "another node's URI", own: "n1's URI", theirs: "n1's URI"},
		{name: "another cluster's URI", own: "n1's URI", theirs: "other cluster"},
		{name: "a certificate of today beside URIs", own: "n1's URI", theirs: "n2.example"},
		{name: "listed beside URIs", own: "n1's URI", theirs: "n2.example", names: []string{"n2=n2.example"}, want: true},
		{name: "a caller beside URIs", own: "n1's URI", theirs: "a caller from here"},
		{name: "listed", own: "n1.example", theirs: "n2.example", names: names, want: true},
		{name: "listed for another node", own: "n1.example", theirs: "n1.example", names: names},
		{name: "not listed", own: "n1.example", theirs: "billing.example", names: names},
		{name: "one name for all", own: "n1.example", theirs: "n1.example", names: []string{"n1.example"}, want: true},
		{name: "a caller beside a list", own: "n1.example", theirs: "a caller", names: names},
		{name: "hosts", own: "n1.example", theirs: "n2.example", want: true},
		{name: "a service elsewhere", own: "n1.example", theirs: "billing.example"},
		{name: "a caller", own: "n1.example", theirs: "a caller"},
		{name: "a caller at a node's host", own: "n1.example", theirs: "a caller from here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			one, err := open("n1", c.cluster, c.own, c.names...)
			if err != nil {
				t.Fatal(err)
			}
			// The dialling side need not follow the rules: it trusts everybody, and dials.
			set := opened(t, certificates[c.theirs]).Certificates
			shows := []tls.Certificate{*set.Certificate()}
			raw, err := tls.Dial("tcp", one.Advertised(), &tls.Config{Certificates: shows, InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			raw.SetDeadline(time.Now().Add(time.Minute))
			first, _ := appendPreamble(nil, streamHTTP, Introduction{Name: c.cluster, Cluster: "c", From: "n2", To: "n1", Instance: "n2", Address: "127.0.0.1:2"})
			if _, err = raw.Write(first); err == nil {
				err = readAnswer(raw)
			}
			if (err == nil) != c.want {
				t.Errorf("coming in: %v, want it to go on: %v", err, c.want)
			}
			// If such a certificate answers, n1 closes the connection.
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: shows, ClientAuth: tls.RequireAnyClientCert})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				if _, _, err := readPreamble(conn); err == nil {
					writeAnswer(conn, "")
					conn.Read(make([]byte, 1))
				}
			}()
			out, err := one.dial(t.Context(), Server{"n2", l.Addr().String()}, streamRaft)
			if err == nil {
				out.Close()
			}
			if (err == nil) != c.want {
				t.Errorf("going out: %v, want it to go on: %v", err, c.want)
			}
		})
	}
	if _, err := open("n3", "prod", "n2's URI"); err == nil || !strings.Contains(err.Error(), "tls.cert_file") {
		t.Errorf("a node opens with the certificate of another: %v", err)
	}
}

// TestMovedNodeMayOnlyAskForItsPlace where certificates prove hosts.
func TestMovedNodeMayOnlyAskForItsPlace(t *testing.T) {
	from := Introduction{Cluster: "c", From: "n2", To: "n1", moved: true}
	for name, want := range map[string]bool{CallHello: true, CallJoin: true, "propose": false, "archives": false} {
		if err := from.MayCall(name, Introduction{Cluster: "c", From: "n1"}); (err == nil) != want {
			t.Errorf("%s: %v, want it allowed: %v", name, err, want)
		}
	}
}

func TestTLSNeedsACA(t *testing.T) {
	f := newAuthority(t).files(t, t.TempDir(), "a")
	f.CA = ""
	_, err := opened(t, f).load("")
	want.Error(t, err, "tls.ca_file", "missing")
}

// A cluster moves to a new CA one file at a time, without a restart: first every node trusts both
// CAs, then every node shows a certificate of the new one, then nobody trusts the old one any more.
func TestTLSTakesOverNewFiles(t *testing.T) {
	old, next := newAuthority(t), newAuthority(t)
	type node struct {
		files certs.Files
		tls   TLS
		port  *Port
	}
	var nodes [2]*node
	for i := range nodes {
		n := &node{files: old.files(t, t.TempDir(), "node")}
		n.files.CA = filepath.Join(t.TempDir(), "ca.pem")
		copyFiles(t, n.files.CA, old.file)
		n.tls = opened(t, n.files)
		n.port = openTestPort(t, Config{TLS: n.tls})
		n.port.Handle("echo", func(_ context.Context, _ Introduction, body []byte) ([]byte, error) { return body, nil })
		n.port.Serve()
		nodes[i] = n
	}
	talk := func(step string, want bool) {
		t.Helper()
		for i, n := range nodes {
			n.port.client.CloseIdleConnections() // open connections stay open; this is about new ones
			if _, err := n.port.Call(t.Context(), at(nodes[1-i].port), "echo", nil); (err == nil) != want {
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

// copyFiles concatenates the files into one.
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
