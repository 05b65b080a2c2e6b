package authority

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/cmd/aion-node/config"
)

func parse(t *testing.T, texts ...string) (nodes []Node) {
	t.Helper()
	for _, text := range texts {
		n, err := ParseNode(text)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func certificate(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settings reads a node's file as serve does.
func settings(t *testing.T, file string) config.Config {
	t.Helper()
	c, _, err := config.Load(config.Sources{File: file})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSet: every node gets settings that serve accepts, and a certificate that proves it to be that
// node, at its host, as server and as client.
func TestSet(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	dir := filepath.Join(t.TempDir(), "prod")
	set := Set{Cluster: "prod", Dir: dir, Life: 365 * 24 * time.Hour, Now: now}
	made, err := set.Create(parse(t, "n1=a.example", "n2=10.0.0.2:8000", "n3=[fd00::3]:9000"))
	if err != nil {
		t.Fatal(err)
	}
	if !made.Founded || len(made.Nodes) != 3 || made.Nodes[1].Address != "https://10.0.0.2:8000" {
		t.Errorf("%+v", made)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate(t, made.CAFile))
	for i, host := range []string{"a.example", "10.0.0.2", "fd00::3"} {
		id := made.Nodes[i].ID
		c := certificate(t, filepath.Join(dir, id, "node.pem"))
		if len(c.URIs) != 1 || c.URIs[0].String() != "aion://prod/node/"+id {
			t.Errorf("%s: URIs %v", id, c.URIs)
		}
		for _, name := range []string{host, "localhost", "127.0.0.1"} {
			for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
				if _, err := c.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{use}}); err != nil {
					t.Errorf("%s as %s: %v", id, name, err)
				}
			}
		}
		if c.VerifyHostname("b.example") == nil {
			t.Errorf("%s is good for b.example", id)
		}
		cfg := settings(t, made.Nodes[i].Config)
		if cfg.Node.ID != id || cfg.Cluster.Name != "prod" || cfg.Cluster.BootstrapExpect != 3 || len(cfg.Cluster.Join) != 3 || cfg.TLS.CAFile != filepath.Join(dir, id, "ca.pem") {
			t.Errorf("%s: %+v", id, cfg)
		}
		if _, err := tls.LoadX509KeyPair(cfg.TLS.CertFile, cfg.TLS.KeyFile); err != nil {
			t.Error(err)
		}
	}
	one := settings(t, made.Nodes[0].Config)
	if one.HTTP.Address != "0.0.0.0:7600" || one.HTTP.Advertise != "a.example:7600" || one.Gossip.Advertise != "a.example:7602" || !slices.Contains(one.Cluster.Join, "10.0.0.2:8002") {
		t.Errorf("%+v", one)
	}
	for _, file := range []string{"ca.key", "token", "gossip.key", "n1/node.key", "n1/aion.toml"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

// TestSetGrows: a node that is added later joins with the same secrets; renewing changes only
// certificates.
func TestSetGrows(t *testing.T) {
	dir := t.TempDir()
	set := Set{Cluster: "prod", Dir: dir, Life: time.Hour * 24, Now: time.Now()}
	if _, err := set.Create(parse(t, "n1=127.0.0.1:7600")); err != nil {
		t.Fatal(err)
	}
	first := settings(t, filepath.Join(dir, "n1/aion.toml"))
	made, err := set.Create(parse(t, "n2=127.0.0.1:7610"))
	if err != nil {
		t.Fatal(err)
	}
	second := settings(t, filepath.Join(dir, "n2/aion.toml"))
	if made.Founded || second.Cluster.BootstrapExpect != 0 || !slices.Equal(second.Cluster.Join, []string{"127.0.0.1:7602", "127.0.0.1:7612"}) ||
		second.Gossip.Key != first.Gossip.Key || !slices.Equal(second.Auth.Tokens, first.Auth.Tokens) {
		t.Errorf("founded %v, %+v", made.Founded, second)
	}
	before := certificate(t, filepath.Join(dir, "n1/node.pem"))
	set.Renew, set.Now = true, set.Now.Add(12*time.Hour)
	if made, err = set.Create(nil); err != nil || len(made.Nodes) != 2 || !made.Nodes[0].Renewed {
		t.Fatalf("%+v, %v", made, err)
	}
	after := certificate(t, filepath.Join(dir, "n1/node.pem"))
	if !after.NotAfter.After(before.NotAfter) || settings(t, filepath.Join(dir, "n1/aion.toml")).Gossip.Key != first.Gossip.Key {
		t.Errorf("until %s, then until %s", before.NotAfter, after.NotAfter)
	}
	if _, err := tls.LoadX509KeyPair(filepath.Join(dir, "n1/node.pem"), filepath.Join(dir, "n1/node.key")); err != nil {
		t.Error(err)
	}
}

// TestSetRefuses what would not work, before anything is written.
func TestSetRefuses(t *testing.T) {
	dir := t.TempDir()
	set := Set{Cluster: "prod", Dir: dir, Life: time.Hour, Now: time.Now()}
	if _, err := set.Create(parse(t, "n1=127.0.0.1:7600")); err != nil {
		t.Fatal(err)
	}
	other := set
	other.Cluster = "test"
	for _, c := range []struct {
		set   Set
		nodes []string
		want  string
	}{
		{set, []string{"n1=127.0.0.1:7700"}, "n1 is there already"},
		{set, []string{"n2=127.0.0.1:7602"}, "takes ports of node n1"},
		{set, []string{"n2=b", "n2=c"}, "n2 is there already"},
		{set, nil, "no nodes are named"},
		{other, []string{"n2=b"}, "another cluster's"},
		{Set{Cluster: "a b", Dir: dir}, []string{"n2=b"}, "is not a valid name of a cluster"},
	} {
		if _, err := c.set.Create(parse(t, c.nodes...)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.nodes, err, c.want)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "n2*")); len(found) > 0 {
		t.Errorf("there is %v", found)
	}
	for _, text := range []string{"", "n1", "=a", "n1=", "n 1=a", ".n=a", "n1=a:0", "n1=a:65534", "n1=a:x", "n1=0.0.0.0", "n1=a/b"} {
		if n, err := ParseNode(text); err == nil {
			t.Errorf("%q is node %+v", text, n)
		}
	}
}
