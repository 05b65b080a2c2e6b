package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Three processes authenticate each other by certificate, and require tokens of callers: any node
// serves any call over HTTPS.
func TestSecureCluster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	roots := writeCertificates(t, dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	const write, read = "0123456789abcdef", "fedcba9876543210"
	f := &fleet{
		dir: dir, nodes: map[string]*process{}, scheme: "https",
		client: http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
		flags: []string{
			"--tls-cert-file", at("node.pem"), "--tls-key-file", at("node.key"), "--tls-ca-file", at("ca.pem"),
			"--auth-tokens", "ci:write:" + write + ",board:read:" + read, "--gossip-key", "MDEyMzQ1Njc4OWFiY2RlZg==",
		},
	}
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}

	aion := func(node, token string, args ...string) (status int, out, errs string) {
		var o, e bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &o, err: &e, environ: func(string) string { return "" }, patience: 10 * time.Second}
		status = a.run(t.Context(), append(args, "--addr", "https://"+f.nodes[node].http, "--ca-file", at("ca.pem"), "--token", token))
		return status, o.String(), e.String()
	}
	if status, _, errs := aion("a", "", "package", "../../docs/examples/order", "--out", at("order.aion")); status != 0 {
		t.Fatal(errs)
	}
	for _, node := range f.order { // two of them forward it
		if status, _, errs := aion(node, write, "deploy", at("order.aion")); status != 0 {
			t.Fatalf("deploy through %s: %s", node, errs)
		}
		if status, out, errs := aion(node, read, "versions"); status != 0 || !strings.Contains(out, "order") {
			t.Errorf("read through %s: %s%s", node, out, errs)
		}
		if status, _, errs := aion(node, read, "deploy", at("order.aion")); status != 1 || !strings.Contains(errs, "error[permission_denied]") {
			t.Errorf("a reader deployed through %s: %s", node, errs)
		}
		if status, _, errs := aion(node, "", "versions"); status != 1 || !strings.Contains(errs, "error[unauthenticated]") {
			t.Errorf("a stranger read through %s: %s", node, errs)
		}
	}
	if _, out, _ := aion("b", read, "deploys"); !strings.Contains(out, " ci ") {
		t.Errorf("the history does not name the token:\n%s", out)
	}
	// From another machine, with a token and the CA but without a certificate, about a node other
	// than the one that is called.
	var cluster struct{ Leader string }
	if _, out, errs := aion("a", read, "cluster", "status", "--json"); json.Unmarshal([]byte(out), &cluster) != nil || cluster.Leader == "" {
		t.Fatalf("no leader: %s%s", out, errs)
	}
	heir, asked, gone := "c", "b", "a"
	if cluster.Leader == "c" {
		heir, asked = "b", "c"
	}
	for _, step := range []struct {
		token string
		args  []string
		want  string // of the error; empty = success
	}{
		{read, []string{"drain", heir}, "error[permission_denied]"},
		{write, []string{"drain", "nobody"}, "nobody"},
		{write, []string{"drain", heir}, ""},
		{write, []string{"transfer", heir}, "error[invalid_state]"},
		{write, []string{"undrain", heir}, ""},
		{write, []string{"transfer", heir}, ""},
		{read, []string{"remove", gone}, "error[permission_denied]"},
		{write, []string{"remove", gone}, ""},
	} {
		status, out, errs := aion(asked, step.token, append([]string{"cluster"}, step.args...)...)
		if (status == 0) != (step.want == "") || !strings.Contains(errs, step.want) {
			t.Errorf("cluster %v through %s: %d %s%s, want %q", step.args, asked, status, out, errs, step.want)
		}
	}
	if _, out, errs := aion(asked, read, "cluster", "members"); strings.Contains(out, f.nodes[gone].raft) || !strings.Contains(out, f.nodes[heir].raft) {
		t.Errorf("after node %s was removed: %s%s", gone, out, errs)
	}
	if conn, err := tls.Dial("tcp", f.nodes["a"].raft, &tls.Config{RootCAs: roots}); err == nil {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patient))
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("the node port answered somebody without a certificate with %d bytes", n)
		}
	}
}

// writeCertificates makes an authority and one node certificate for loopback, valid both ways.
func writeCertificates(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	return writeCertificatesUntil(t, dir, time.Now().Add(time.Hour))
}

// writeCertificatesUntil is writeCertificates with a node certificate that expires at end.
func writeCertificatesUntil(t *testing.T, dir string, end time.Time) *x509.CertPool {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(2 * time.Hour),
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	check(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	node := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		NotBefore: end.Add(-time.Hour - time.Minute), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, node, ca, &key.PublicKey, caKey)
	check(err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	check(err)
	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: caDER}, "node.pem": {Type: "CERTIFICATE", Bytes: der}, "node.key": {Type: "EC PRIVATE KEY", Bytes: keyDER},
	} {
		check(os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
	roots := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(caDER)
	check(err)
	roots.AddCert(parsed)
	return roots
}
