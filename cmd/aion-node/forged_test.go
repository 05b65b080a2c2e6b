package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/certs"
	"github.com/hashicorp/go-hclog"
)

// TestForgedReports: somebody with the certificate of node c, and nothing else, tries to condemn
// the state of the others and to move their addresses. He can speak for c alone.
func TestForgedReports(t *testing.T) {
	t.Parallel()
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}, scheme: "https"}
	t.Cleanup(f.killAll)
	ports, err := freeport.Take(9)
	if err != nil {
		t.Fatal(err)
	}
	f.order = []string{"a", "b", "c"}
	made := filepath.Join(f.dir, "prod")
	args := []string{"tls", "create", "prod", "--dir", made}
	for i, name := range f.order {
		args = append(args, "--node", fmt.Sprintf("%s=127.0.0.1:%d", name, 7600+3*i)) // other ports are given below
	}
	f.aion(t, args...)
	file := func(node, name string) string { return filepath.Join(made, node, name) }
	const token = "0123456789abcdef"
	f.flags = []string{"--cluster-name", "prod", "--auth-tokens", "ci:write:" + token, "--gossip-key", base64.StdEncoding.EncodeToString([]byte(token))}
	join := strings.Join([]string{ports[2], ports[5], ports[8]}, ",")
	for i, name := range f.order {
		f.nodes[name] = &process{name: name, data: filepath.Join(f.dir, "data-"+name), http: ports[3*i], raft: ports[3*i+1], gossip: ports[3*i+2], flags: append([]string{
			"--bootstrap-expect", "3", "--join", join, "--tls-cert-file", file(name, "node.pem"), "--tls-key-file", file(name, "node.key"), "--tls-ca-file", file(name, "ca.pem"),
		}, f.flags...)}
		if err := f.start(name); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := os.ReadFile(file("a", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	f.client.Transport = bearer{token, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	for _, name := range f.order {
		if err := f.ready(name); err != nil {
			t.Fatal(err)
		}
	}
	leader, err := f.leader()
	if err != nil {
		t.Fatal(err)
	}
	if leader == "c" {
		f.aion(t, "cluster", "transfer", "a", "--addr", "https://"+f.nodes["a"].http, "--ca-file", file("a", "ca.pem"), "--token", token)
	}
	status, err := f.status("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.stop("c"); err != nil { // its place is taken by whoever stole its certificate
		t.Fatal(err)
	}
	set, err := certs.Open(certs.Files{Cert: file("c", "node.pem"), Key: file("c", "node.key"), CA: file("c", "ca.pem")}, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	propose := func(as, to string, c fsm.Command) error {
		who := "c" // a node does not even open its port with the certificate of another
		thief, err := port.Open(port.Config{Address: f.nodes["c"].raft, TLS: port.TLS{Certificates: set}, Self: func() port.Introduction {
			return port.Introduction{Name: "prod", Cluster: status.ClusterID, From: who, Instance: "thief"}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer thief.Close()
		who = as
		b, err := fsm.EncodeEnvelope(fsm.Envelope{Command: c})
		if err != nil {
			t.Fatal(err)
		}
		_, err = thief.Call(t.Context(), port.Server{ID: to, Address: f.nodes[to].raft}, "propose", b)
		return err
	}
	moved := &fsm.AnnounceNode{}
	moved.Node.ID, moved.Node.RaftAddress, moved.Node.HTTPAddress = "a", f.nodes["c"].raft, f.nodes["c"].http
	for _, to := range []string{"a", "b"} {
		for _, c := range []fsm.Command{
			&fsm.ReportDigest{Node: "a", Index: status.AppliedIndex, Digest: catalog.Digest{1}}, &fsm.ReportDigest{Node: "b", Index: status.AppliedIndex + 1, Digest: catalog.Digest{1}},
			&fsm.ReportReady{Node: "a"}, moved, &fsm.SetLimits{Node: "a"},
		} {
			if err := propose("c", to, c); err == nil || !strings.Contains(err.Error(), "a node reports only about itself") {
				t.Errorf("%s took %T of node c about another node: %v", to, c, err)
			}
		}
	}
	for as, to := range map[string]string{"a": "b", "b": "a"} {
		if err := propose(as, to, &fsm.ReportDigest{Node: as, Index: status.AppliedIndex, Digest: catalog.Digest{1}}); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s took the certificate of node c for that of node %s: %v", to, as, err)
		}
	}
	for _, name := range []string{"a", "b"} {
		c, err := f.status(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range c.Members {
			if m.RaftAddress != f.nodes[m.ID].raft || m.HTTPAddress != "https://"+f.nodes[m.ID].http && m.HTTPAddress != f.nodes[m.ID].http {
				t.Errorf("%s has node %s at %s and %s", name, m.ID, m.RaftAddress, m.HTTPAddress)
			}
		}
		if !f.nodes[name].running() {
			t.Errorf("node %s has ended:\n%s", name, f.nodes[name].said())
		}
	}
	if err := errors.Join(f.start("c"), f.ready("c")); err != nil {
		t.Error(err)
	}
}

// bearer adds a token to calls.
type bearer struct {
	token string
	http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.RoundTripper.RoundTrip(r)
}
