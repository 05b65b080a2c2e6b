package node

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings returns those of a single node, on free ports and an empty folder.
func settings(t testing.TB) config.Config {
	t.Helper()
	ports, err := freeport.Take(3)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Node.ID, cfg.Node.DataDir = "n", t.TempDir()
	cfg.HTTP.Address, cfg.Raft.Address, cfg.Gossip.Address = ports[0], ports[1], ports[2]
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// boot runs a node until the returned function is called, which returns the result of Run.
func boot(t testing.TB, cfg config.Config) (*client.Client, func() error) {
	t.Helper()
	n, err := Open(cfg, Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- n.Run(ctx) }()
	c, err := client.New(client.Config{Addresses: []string{n.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	var once error
	stopped := false
	stop := func() error {
		if !stopped {
			stopped = true
			cancel()
			once = <-over
			c.Close()
		}
		return once
	}
	t.Cleanup(func() { _ = stop() })
	return c, stop
}

func archive(t testing.TB) []byte {
	t.Helper()
	data, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Activities: []string{},
		Workflows: []catalog.Workflow{{Type: "w", EntryModule: "w", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "w.star", Source: []byte("def run(ctx, input):\n    return ctx.signal(\"go\")\n")}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestNodeServesEndsAndGoesOn(t *testing.T) {
	cfg := settings(t)
	c, stop := boot(t, cfg)
	loaded, err := c.Load(t.Context(), archive(t), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "w", WorkflowID: "one"}); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatalf("the node ended with %v", err)
	}

	c, stop = boot(t, cfg)
	v, err := c.Versions(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Versions) != 1 || v.Versions[0].Version != loaded.Version || v.Versions[0].Pins.Total() != 1 {
		t.Errorf("after a restart: %+v", v.Versions)
	}
	if _, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: "one"}, "go", []byte(`7`)); err != nil {
		t.Fatal(err)
	}
	r, err := c.Result(t.Context(), wire.RunRef{WorkflowID: "one"}, time.Minute)
	if err != nil || r.Status != "completed" || string(r.Result) != "7" {
		t.Errorf("result is %+v, %v", r, err)
	}
	if err := stop(); err != nil {
		t.Fatalf("the node ended with %v", err)
	}
}

func TestDrainedNodeRefusesDeploysAndServesReads(t *testing.T) {
	c, _ := boot(t, settings(t))
	if _, err := c.Load(t.Context(), archive(t), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Drain(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var p *wire.Problem
	if _, err := c.Load(ctx, archive(t), wire.LoadOptions{NoRoute: true}); !errors.As(err, &p) || p.Code != "unavailable" {
		t.Errorf("a deploy on a drained node: %v", err)
	}
	if _, err := c.Versions(t.Context(), ""); err != nil {
		t.Errorf("a read on a drained node: %v", err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "w"}); err != nil {
		t.Errorf("a start on a drained node: %v", err)
	}
	ready, done := context.WithTimeout(t.Context(), time.Second) // the refused deploy was retried until ctx ended
	defer done()
	if err := c.Ready(ready); !errors.As(err, &p) || p.Code != "unavailable" || !strings.Contains(p.Detail, "draining") {
		t.Errorf("a drained node is ready: %v", err)
	}
	if s, err := c.Cluster(t.Context()); err != nil || !s.Draining || !s.Members[0].Draining {
		t.Errorf("a drained node says %+v, %v", s, err)
	}
	if _, err := c.Undrain(t.Context(), "n"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(t.Context(), archive(t), wire.LoadOptions{NoRoute: true}); err != nil {
		t.Errorf("a deploy after the drain was taken back: %v", err)
	}
}

// When the node ends, waiting calls end with what they have; nobody waits for them.
func TestLongPollsEndWithTheNode(t *testing.T) {
	c, stop := boot(t, settings(t))
	if _, err := c.Load(t.Context(), archive(t), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "w", WorkflowID: "one"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		_, _ = c.Result(ctx, wire.RunRef{WorkflowID: "one"}, time.Hour)
	}()
	if err := stop(); err != nil {
		t.Fatalf("the node ended with %v", err)
	}
	cancel()
	<-polled
}

func TestHalfOpenedNodeReleasesEverything(t *testing.T) {
	cfg := settings(t)
	taken, err := net.Listen("tcp", cfg.Raft.Address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cfg, Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("a node opened on a port that is taken: %v", err)
	}
	taken.Close()
	n, err := Open(cfg, Options{})
	if err != nil {
		t.Fatalf("after the port was let go: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenNamesTheKey(t *testing.T) {
	for _, tt := range []struct {
		key  string
		edit func(*config.Config)
	}{
		{"http.address", func(c *config.Config) { c.HTTP.Address = "192.0.2.1:1" }},
		{"tls.cert_file", func(c *config.Config) { c.TLS.CertFile, c.TLS.KeyFile = "/nowhere", "/nowhere" }},
		{"debug.pprof_address", func(c *config.Config) { c.Debug.PprofAddress = "192.0.2.1:1" }},
	} {
		cfg := settings(t)
		tt.edit(&cfg)
		if _, err := Open(cfg, Options{}); err == nil || !strings.HasPrefix(err.Error(), tt.key+": ") {
			t.Errorf("%s: %v", tt.key, err)
		}
	}
}

// Profiles are served at the configured address, and nowhere else.
func TestProfilesOnlyWhenAsked(t *testing.T) {
	cfg := settings(t)
	free := settings(t)
	cfg.Debug.PprofAddress = free.HTTP.Address
	c, _ := boot(t, cfg)
	for url, want := range map[string]int{"http://" + cfg.Debug.PprofAddress: 200, c.Addresses()[0]: 404} {
		resp, err := http.Get(url + "/debug/pprof/symbol")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", url, resp.Status, want)
		}
	}
	for _, c := range []struct {
		host, path string
		want       int
	}{
		{"rebind.example", "symbol", 421}, // a page whose name resolves to this machine
		{"localhost:1", "symbol", 200},
		{"", "cmdline", 404}, // it may contain tokens
	} {
		req, err := http.NewRequest("GET", "http://"+cfg.Debug.PprofAddress+"/debug/pprof/"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%+v: %s", c, resp.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
