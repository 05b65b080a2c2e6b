package conformance_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/internal/built"
	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// patient bounds what a test waits for; nothing here takes that long unless it is broken.
const patient = 90 * time.Second

// Built once by TestMain.
var (
	binaries string // the folder with aion-node and godriver
	archive  []byte // the package of workflows/
)

func TestMain(m *testing.M) {
	// Scenarios mostly wait, so more of them run at a time than there are processors.
	if err := flag.Set("test.parallel", "5"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(func() int {
		err := lookAtSources()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if binaries, err = os.MkdirTemp("", "aion-conformance-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(binaries)
		if err := build(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// lookAtSources keeps the go command from repeating an old result: it does so while the files that
// a test has looked at are the same, and knows nothing of what the test has built from others.
func lookAtSources() error {
	return filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist): // others may be at work
			return err
		case err == nil && d.IsDir() && (len(d.Name()) > 2 && d.Name()[0] == '.' || d.Name() == "node_modules"):
			return filepath.SkipDir
		case err == nil && slices.Contains([]string{".go", ".star", ".py", ".ts"}, filepath.Ext(path)):
			_, _ = os.Stat(path)
		}
		return nil
	})
}

func build() error {
	if err := built.Node(filepath.Join(binaries, "aion-node")); err != nil {
		return err
	}
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(binaries, "godriver"), "./godriver").CombinedOutput(); err != nil {
		return fmt.Errorf("build godriver: %w\n%s", err, out)
	}
	file := filepath.Join(binaries, "workflows.aion")
	if out, err := exec.Command(filepath.Join(binaries, "aion-node"), "package", "workflows", "--out", file).CombinedOutput(); err != nil {
		return fmt.Errorf("package workflows: %w\n%s", err, out)
	}
	var err error
	archive, err = os.ReadFile(file)
	return err
}

// cluster is one of one or several nodes.
type cluster struct {
	addresses []string
	caFile    string // of a secured one
	token     string
	client    *client.Client
	nodes     map[string]*exec.Cmd
}

// newCluster starts nodes, which end with the test, and waits until they serve.
func newCluster(t *testing.T, nodes int) *cluster {
	t.Helper()
	ports, err := freeport.Take(3 * nodes)
	if err != nil {
		t.Fatal(err)
	}
	http, raft, gossip := ports[:nodes], ports[nodes:2*nodes], ports[2*nodes:]
	c := &cluster{addresses: http, nodes: map[string]*exec.Cmd{}}
	dir := t.TempDir()
	for i := range nodes {
		id := fmt.Sprintf("n%d", i+1)
		c.nodes[id] = serve(t, dir, []string{
			"AION_NODE_ID=" + id, "AION_NODE_DATA_DIR=data-" + id, "AION_HTTP_ADDRESS=" + http[i], "AION_RAFT_ADDRESS=" + raft[i], "AION_GOSSIP_ADDRESS=" + gossip[i],
			"AION_CLUSTER_BOOTSTRAP_EXPECT=" + fmt.Sprint(nodes), "AION_CLUSTER_JOIN=" + strings.Join(gossip, ","),
		})
	}
	c.connect(t, client.Config{Addresses: c.addresses})
	return c
}

// newSecured starts a node with TLS and tokens.
func newSecured(t *testing.T) *cluster {
	t.Helper()
	dir := t.TempDir()
	port := threePorts(t)
	create := exec.Command(filepath.Join(binaries, "aion-node"), "tls", "create", "safe", "--node", fmt.Sprintf("n1=127.0.0.1:%d", port))
	create.Dir = dir
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	token, err := os.ReadFile(filepath.Join(dir, "safe", "token"))
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{addresses: []string{fmt.Sprintf("https://127.0.0.1:%d", port)}, caFile: filepath.Join(dir, "safe", "ca.pem"), token: strings.TrimSpace(string(token))}
	serve(t, dir, nil, "--config", filepath.Join("safe", "n1", "aion.toml"))
	pem, err := os.ReadFile(c.caFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c.connect(t, client.Config{Addresses: c.addresses, RootCAs: roots, Token: c.token})
	return c
}

func (c *cluster) connect(t *testing.T, cfg client.Config) {
	t.Helper()
	cfg.Patience = patient
	var err error
	if c.client, err = client.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
	if len(c.addresses) == 1 {
		return // calls wait until it leads
	}
	eventually(t, "all nodes are ready", func() error {
		for _, a := range c.addresses {
			resp, err := http.Get("http://" + a + "/health/ready")
			if err != nil {
				return err
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return errors.New(resp.Status)
			}
		}
		return nil
	})
}

// killLeader ends the node that leads as a power cut would.
func (c *cluster) killLeader(ctx context.Context) error {
	status, err := c.client.Cluster(ctx)
	if err != nil {
		return err
	}
	node := c.nodes[status.Leader]
	if node == nil {
		return fmt.Errorf("no node leads that is known: %q", status.Leader)
	}
	return node.Process.Kill()
}

// namespace makes a namespace with the workflows of the suite, and returns its client.
func (c *cluster) namespace(t *testing.T, name string) {
	t.Helper()
	eventually(t, "a namespace", func() error { // once the nodes have agreed on the newest level
		_, err := c.client.CreateNamespace(t.Context(), wire.NamespaceSpec{Name: name}, client.RequestID("create-"+name))
		return err
	})
	cfg := client.Config{Addresses: c.addresses, Namespace: name, Token: c.token, Patience: patient}
	if c.caFile != "" {
		pem, err := os.ReadFile(c.caFile)
		if err != nil {
			t.Fatal(err)
		}
		cfg.RootCAs = x509.NewCertPool()
		cfg.RootCAs.AppendCertsFromPEM(pem)
	}
	own, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if _, err := own.Load(t.Context(), archive, wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
}

// serve starts a node. It ends with the test, and what it said is told if that failed.
func serve(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(filepath.Join(binaries, "aion-node"), append([]string{"serve"}, args...)...)
	var said bytes.Buffer
	// Settings of whoever runs the tests are not this node's.
	others := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AION_") })
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(others, env...), &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("a node said at last:\n%s", said.String()[max(0, said.Len()-2000):])
		}
	})
	return cmd
}

// eventually tries until f succeeds.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	tick, over := time.NewTicker(20*time.Millisecond), time.After(patient)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("waited in vain: %s: %v", what, err)
		}
	}
}

// threePorts finds a port that is free together with the two above it.
func threePorts(t *testing.T) int {
	t.Helper()
	for range 100 {
		list, err := freeport.Take(3)
		if err != nil {
			t.Fatal(err)
		}
		var ports [3]int
		for i, address := range list {
			ports[i] = int(netip.MustParseAddrPort(address).Port())
		}
		if ports[1] == ports[0]+1 && ports[2] == ports[0]+2 {
			return ports[0]
		}
	}
	t.Fatal("there are no three free ports in a row")
	return 0
}
