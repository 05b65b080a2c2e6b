package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// throne says who leads, as everybody knows. It stands in for the cluster.
type throne struct {
	mu      sync.Mutex // guards the fields below
	id      string
	address string
}

func (t *throne) give(id, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.id, t.address = id, address
}

// seat is one node's view of the throne. It implements transport.Cluster.
type seat struct {
	*throne
	self    string
	mu      sync.Mutex // guards the fields below
	asked   []string
	refused error
	looks   int
	looked  chan struct{}
	drained bool
}

// watch returns a channel that is closed after this node has looked for the leader n more times.
func (s *seat) watch(n int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks, s.looked = n, make(chan struct{})
	return s.looked
}

func (s *seat) Leader() (id, address string, ok bool) {
	s.mu.Lock()
	if s.looks--; s.looks == 0 {
		close(s.looked)
	}
	s.mu.Unlock()
	s.throne.mu.Lock()
	defer s.throne.mu.Unlock()
	return s.id, s.address, s.id != ""
}

func (s *seat) IsLeader() bool {
	id, _, _ := s.Leader()
	return id == s.self
}

func (s *seat) LeaderContact() (time.Duration, bool) {
	if s.IsLeader() {
		return 0, true
	}
	_, _, ok := s.Leader()
	return 1500 * time.Millisecond, ok
}

func (s *seat) Ready() error {
	if _, _, ok := s.Leader(); !ok {
		return errors.New("this node knows no leader")
	}
	return nil
}

func (s *seat) Status(context.Context) (wire.Cluster, error) {
	id, _, _ := s.Leader()
	return wire.Cluster{ClusterID: "c", Node: s.self, Leader: id, AppliedIndex: 42, Clocks: "unknown"}, nil
}

func (s *seat) Transfer(_ context.Context, q *fsm.Request, node string) (engine.Answered, error) {
	return s.keyed(q, "transfer "+node)
}
func (s *seat) Remove(_ context.Context, q *fsm.Request, node string) (engine.Answered, error) {
	return s.keyed(q, "remove "+node)
}
func (s *seat) Promote(_ context.Context, q *fsm.Request, node string) (engine.Answered, error) {
	return s.keyed(q, "promote "+node)
}
func (s *seat) Demote(_ context.Context, q *fsm.Request, node string) (engine.Answered, error) {
	return s.keyed(q, "demote "+node)
}
func (s *seat) Replace(_ context.Context, q *fsm.Request, old, next string) (string, engine.Answered, error) {
	a, err := s.keyed(q, "replace "+old+" "+next)
	return "node " + next + " has not joined yet", a, err
}
func (s *seat) IssueJoinToken(_ context.Context, q *fsm.Request, by string, life time.Duration) (string, rows.JoinToken, engine.Answered, error) {
	a, err := s.keyed(q, "join-token "+by+" "+life.String())
	return "id.secret", rows.JoinToken{ID: "id", By: by, CreatedAt: 1, ExpiresAt: 1 + history.Time(life)}, a, err
}
func (s *seat) RevokeJoinToken(_ context.Context, q *fsm.Request, id string) (engine.Answered, error) {
	return s.keyed(q, "revoke "+id)
}

// keyed notes the key, too, if the caller gave one itself.
func (s *seat) keyed(q *fsm.Request, what string) (engine.Answered, error) {
	if q != nil && !q.Short {
		what += " under " + q.ID
	}
	return engine.Answered{Index: 9, Deduplicated: q != nil && q.ID == "again"}, s.ask(what)
}

func (s *seat) JoinTokens(context.Context, engine.Read) ([]rows.JoinToken, uint64, error) {
	return []rows.JoinToken{{ID: "id", By: "ops", CreatedAt: 1}}, 7, nil
}

func (s *seat) Quorum() error { return nil }

func (s *seat) Draining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drained
}

func (s *seat) Drain(_ context.Context, q *fsm.Request, node string, on bool) (engine.Answered, error) {
	if node == s.self {
		s.mu.Lock()
		s.drained = on
		s.mu.Unlock()
	}
	if !on {
		return s.keyed(q, "undrain "+node)
	}
	return s.keyed(q, "drain "+node)
}

func (s *seat) ask(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
	return s.refused
}

// host is one node's HTTP side.
type host struct {
	*httptest.Server
	id   string
	seat *seat
	odd  bool // the test makes up answers that no node gives, which need not conform to /openapi.json
}

// parts fills each part that node implements, an engine or a fake of a piece of one. Calls of other
// parts panic.
func parts(node any) transport.Parts {
	return transport.Parts{
		Authority:    part[transport.Authority](node, noTokens{}),
		Deployer:     part[transport.Deployer](node, struct{ transport.Deployer }{}),
		Archivist:    part[transport.Archivist](node, struct{ transport.Archivist }{}),
		Releaser:     part[transport.Releaser](node, struct{ transport.Releaser }{}),
		Backtester:   part[transport.Backtester](node, struct{ transport.Backtester }{}),
		Mover:        part[transport.Mover](node, struct{ transport.Mover }{}),
		Batcher:      part[transport.Batcher](node, struct{ transport.Batcher }{}),
		Stopper:      part[transport.Stopper](node, struct{ transport.Stopper }{}),
		RunLimiter:   part[transport.RunLimiter](node, struct{ transport.RunLimiter }{}),
		Catalog:      part[transport.Catalog](node, struct{ transport.Catalog }{}),
		Starter:      part[transport.Starter](node, struct{ transport.Starter }{}),
		RunReader:    part[transport.RunReader](node, struct{ transport.RunReader }{}),
		LogReader:    part[transport.LogReader](node, struct{ transport.LogReader }{}),
		Rewinder:     part[transport.Rewinder](node, struct{ transport.Rewinder }{}),
		RunCounter:   part[transport.RunCounter](node, struct{ transport.RunCounter }{}),
		Controller:   part[transport.Controller](node, struct{ transport.Controller }{}),
		Querier:      part[transport.Querier](node, struct{ transport.Querier }{}),
		Updater:      part[transport.Updater](node, struct{ transport.Updater }{}),
		TaskDesk:     part[transport.TaskDesk](node, struct{ transport.TaskDesk }{}),
		QueueKeeper:  part[transport.QueueKeeper](node, struct{ transport.QueueKeeper }{}),
		Scheduler:    part[transport.Scheduler](node, struct{ transport.Scheduler }{}),
		CanaryKeeper: part[transport.CanaryKeeper](node, struct{ transport.CanaryKeeper }{}),
		PolicyKeeper: part[transport.PolicyKeeper](node, struct{ transport.PolicyKeeper }{}),
		Retainer:     part[transport.Retainer](node, struct{ transport.Retainer }{}),
		JobReader:    part[transport.JobReader](node, struct{ transport.JobReader }{}),
		Timekeeper:   part[transport.Timekeeper](node, struct{ transport.Timekeeper }{}),
		EventFeed:    part[transport.EventFeed](node, struct{ transport.EventFeed }{}),
		Namespacer:   part[transport.Namespacer](node, struct{ transport.Namespacer }{}),
	}
}

// noTokens is the authority of a fake: nobody has ever made a token.
type noTokens struct{ transport.Authority }

func (noTokens) Callers() engine.Callers                        { return engine.Callers{} }
func (noTokens) TokenOf(catalog.Digest) (k rows.Token, ok bool) { return k, false }
func (noTokens) TokenNamed(string) (k rows.Token, ok bool)      { return k, false }
func (noTokens) Confirm(context.Context) (uint64, error)        { return 1, nil }
func (noTokens) TypesOf(string, string) []string                { return nil }

func part[T any](node any, absent T) T {
	if p, ok := node.(T); ok {
		return p
	}
	return absent
}

// listen starts a host for the api. It does not lead yet.
func listen(t testing.TB, api any, th *throne, id string, configure ...func(*transport.Config)) *host {
	t.Helper()
	h := &host{id: id, seat: &seat{throne: th, self: id}}
	cfg := transport.Config{Parts: parts(api), Cluster: h.seat, Node: id, Version: "test"}
	for _, c := range configure {
		c(&cfg)
	}
	server, err := transport.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Server = httptest.NewUnstartedServer(server)
	stop := server.Join(h.Config)
	h.Start()
	t.Cleanup(func() {
		stop()
		h.Close()
	})
	return h
}

// lead makes the host the leader.
func (h *host) lead() *host {
	h.seat.give(h.id, h.Listener.Addr().String())
	return h
}

// reply is a raw answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes one raw call; headers are NAME: VALUE.
func (h *host) send(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*await.Patience) // the longest wait that a call may ask for, and as much again
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, h.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	if hot := asHot(t, method, path, body); hot != nil && faceOf(t) == client.FaceHot {
		return h.sendHot(ctx, t, hot, req.Header)
	}
	resp, err := h.Client().Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	answer := reply{resp.StatusCode, resp.Header, string(bytes.TrimSpace(b))}
	if !h.odd {
		conform(t, method, path, body, answer)
	}
	return answer
}

// problem reads the answer as a problem document, which it must be.
func (r reply) problem(t testing.TB) *wire.Problem {
	t.Helper()
	var p wire.Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Code == "" {
		t.Fatalf("status %d: %q is no problem document (%v)", r.status, r.body, err)
	}
	if ct := r.header.Get("Content-Type"); ct != wire.ProblemType {
		t.Errorf("content type %q, want %s", ct, wire.ProblemType)
	}
	if p.Status != r.status {
		t.Errorf("the problem says status %d, the answer has %d", p.Status, r.status)
	}
	return &p
}

// caller returns a client of the hosts.
func caller(t testing.TB, hosts ...*host) *client.Client {
	t.Helper()
	var addresses []string
	for _, h := range hosts {
		addresses = append(addresses, h.URL)
	}
	c, err := client.New(client.Config{Addresses: addresses, Patience: 5 * time.Second, Face: faceOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
