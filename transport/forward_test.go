package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/internal/freeport"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// recordingAPI remembers who deployed and signalled what. It reads the whole archive, as the real
// API does.
type recordingAPI struct {
	transport.Deployer
	transport.Catalog
	transport.Controller
	mu      sync.Mutex // guards the fields below
	calls   []engine.Call
	payload []history.Payload
	reads   int
}

func (a *recordingAPI) LoadPackage(_ context.Context, r engine.LoadRequest) (*fsm.LoadAnswer, engine.Answered, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, r.Call)
	return &fsm.LoadAnswer{Package: catalog.Package{Version: catalog.Version{1}, Members: []catalog.Member{{Type: "order"}}}, FreshlyLoaded: true}, engine.Answered{Index: 9}, nil
}

func (a *recordingAPI) Signal(_ context.Context, c engine.Call, ref fsm.RunRef, _ string, p history.Payload) (*fsm.RunAnswer, engine.Answered, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls, a.payload = append(a.calls, c), append(a.payload, bytes.Clone(p))
	return &fsm.RunAnswer{WorkflowID: ref.WorkflowID, RunID: history.RunID{1}, Status: history.StatusRunning}, engine.Answered{Index: 9}, nil
}

func (a *recordingAPI) Versions(context.Context, engine.Read, string) ([]engine.VersionRow, uint64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reads++
	return nil, 5, nil
}

func TestLeaderOnlyCallsMakeOneHop(t *testing.T) { onBothFaces(t, testLeaderOnlyCallsMakeOneHop) }

func testLeaderOnlyCallsMakeOneHop(t *testing.T) {
	th := &throne{}
	atLeader, atFollower := &recordingAPI{}, &recordingAPI{}
	listen(t, atLeader, th, "n1").lead()
	follower := listen(t, atFollower, th, "n2")

	r := follower.send(t, "POST", "/v1/workflows/w/signals/go", `{"a":1}`, "Idempotency-Key: k", "Aion-Actor: ada", "Aion-Request-Generated: true")
	if r.status != 200 || r.header.Get(wire.HeaderNode) != "n1" || r.header.Get(wire.HeaderIndex) != "9" {
		t.Errorf("mutation: %+v", r)
	}
	c := atLeader.calls[0]
	if c.Actor != "ada" || c.Request == nil || c.Request.ID != "k" || !c.Request.Short || string(atLeader.payload[0]) != `{"a":1}` {
		t.Errorf("the leader heard %+v with %s", c, atLeader.payload[0])
	}
	if r := follower.send(t, "GET", "/v1/versions", ""); r.header.Get(wire.HeaderNode) != "n1" || r.header.Get(wire.HeaderLeaderContact) != "" {
		t.Errorf("linearizable read: %+v", r)
	}
	r = follower.send(t, "GET", "/v1/versions?consistency=stale", "")
	if r.header.Get(wire.HeaderNode) != "n2" || r.header.Get(wire.HeaderLeaderContact) != "1.5s" || atFollower.reads != 1 {
		t.Errorf("stale read: %+v", r)
	}
	follower.send(t, "POST", "/v1/workflows/w/signals/go?consistency=stale", `{"a":2}`, "Idempotency-Key: l") // a mutation cannot be stale
	if len(atFollower.calls) != 0 || atLeader.reads != 1 {
		t.Error("a call was served in the wrong place")
	}
}

// TestPrintIsTheSameEverywhere: the same call at the leader and through a follower is the same
// request; with another body, path, query or method it is another one.
func TestPrintIsTheSameEverywhere(t *testing.T) { onBothFaces(t, testPrintIsTheSameEverywhere) }

func testPrintIsTheSameEverywhere(t *testing.T) {
	th := &throne{}
	api := &recordingAPI{}
	leader, follower := listen(t, api, th, "n1").lead(), listen(t, api, th, "n2")
	same := func(h *host, path, body string) engine.Call {
		h.send(t, "POST", path, body, "Idempotency-Key: k")
		return api.calls[len(api.calls)-1]
	}
	want := same(leader, "/v1/workflows/w/signals/go", "1").Request.Print
	for _, path := range []string{"/v1/workflows/w/signals/go", "/v1/workflows/w/signals/%67o"} {
		for _, h := range []*host{leader, follower} {
			if got := same(h, path, "1").Request.Print; got != want {
				t.Errorf("%s through %s is another request", path, h.id)
			}
		}
	}
	for _, other := range [][2]string{{"/v1/workflows/w/signals/go", "2"}, {"/v1/workflows/w/signals/no", "1"}, {"/v1/workflows/v/signals/go", "1"},
		{"/v1/workflows/w/signals/go?run_id=01890b5c-7f3e-7d52-b3a4-0123456789ab", "1"}} {
		if same(leader, other[0], other[1]).Request.Print == want {
			t.Errorf("%q is the same request", other)
		}
	}
}

func TestForwardedCallIsNotForwardedAgain(t *testing.T) {
	th := &throne{}
	api := &recordingAPI{}
	one, two := listen(t, api, th, "n1"), listen(t, api, th, "n2")
	// n1 believes that n2 leads; n2 knows that it does not.
	th.give("n2", two.Listener.Addr().String())
	two.seat.self = "somebody else"
	p := one.send(t, "GET", "/v1/versions", "").problem(t)
	if p.Code != "no_leader" || p.Outcome != wire.Retry || !strings.Contains(p.Detail, "n1") {
		t.Errorf("%+v", p)
	}
}

func quick(cfg *transport.Config) { cfg.Limits.LeaderWait = 50 * time.Millisecond }

func TestNoLeader(t *testing.T) { onBothFaces(t, testNoLeader) }

func testNoLeader(t *testing.T) {
	th := &throne{}
	h := listen(t, &recordingAPI{}, th, "n1", quick)
	if p := h.send(t, "POST", "/v1/workflows/w/signals/go", "1").problem(t); p.Code != "no_leader" || p.Outcome != wire.Retry {
		t.Errorf("no leader known: %+v", p)
	}
	th.give("n9", unused(t))
	if p := h.send(t, "POST", "/v1/workflows/w/signals/go", "1").problem(t); p.Code != "no_leader" || p.Outcome != wire.Retry || p.Facts["leader"] != "n9" {
		t.Errorf("the leader cannot be reached: %+v", p)
	}
}

// unused returns an address at which nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	list, err := freeport.Take(1)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// TestWaitOutlastsTheArrivalOfItsBody: the deadline of a body must not end the call that goes on
// after it, here or at the leader.
func TestWaitOutlastsTheArrivalOfItsBody(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	short := func(cfg *transport.Config) { cfg.Limits.Arrival = 20 * time.Millisecond }
	leader, follower := listen(t, n, th, "n1", short).lead(), listen(t, n, th, "n2", short)
	n.Deploy(enginetest.Pack(t, waiting("1")))
	for _, h := range []*host{leader, follower} {
		answers := make(chan reply, 2)
		go func() {
			answers <- h.send(t, "POST", "/v1/workflows?wait=60s", `{"type":"order","workflow_id":"`+h.id+`"}`)
		}()
		for limit := await.Until(await.Patience); !limit.Over(); { // until it has started
			if r := h.send(t, "GET", "/v1/workflows/"+h.id, ""); r.status == 200 {
				break
			}
		}
		go func() { answers <- h.send(t, "GET", "/v1/workflows/"+h.id+"/result?wait=60s", "") }()
		// When this one is over, so is the time of the bodies above.
		if a := neverArrives(t, h, "/v1/workflows/w/signals/s"); !strings.Contains(a, "invalid_input") && !strings.Contains(a, "outcome_unknown") {
			t.Errorf("a body that never arrives at %s: %s", h.id, a)
		} else if strings.Contains(a, "invalid_input") && strings.Contains(a, "127.0.0.1") {
			t.Errorf("a body that never arrives at %s tells the node's sockets: %s", h.id, a)
		}
		if a := neverArrives(t, h, "/nothing"); !strings.Contains(a, "not_found") {
			t.Errorf("a body that never arrives nowhere at %s: %s", h.id, a)
		}
		n.Send(fsm.RunRef{WorkflowID: h.id}, "approval", "true")
		for range 2 {
			if r := await.From(t, "an answer at "+h.id, answers); r.status >= 300 || !strings.Contains(r.body, `"status":"completed"`) {
				t.Errorf("at %s: %+v", h.id, r)
			}
		}
	}
}

// neverArrives makes a call whose body does not arrive, and waits for its answer and the end of the
// connection.
func neverArrives(t *testing.T, h *host, path string) string {
	t.Helper()
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\n1", path, conn.RemoteAddr())
	answer, err := io.ReadAll(conn) // the server also closes the connection
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// TestForwardedBodyIsBounded at the node that gets the call.
func TestForwardedBodyIsBounded(t *testing.T) {
	th := &throne{}
	api := &recordingAPI{}
	small := func(cfg *transport.Config) { cfg.Limits.PayloadBytes = 100 }
	listen(t, api, th, "n1", small).lead()
	follower := listen(t, api, th, "n2", small)
	tooLarge := `"` + strings.Repeat("x", 70<<10) + `"`
	p := follower.send(t, "POST", "/v1/workflows/w/signals/go", tooLarge).problem(t)
	if p.Code != "body_too_large" || fmt.Sprint(p.Facts["limit"]) != "65636" || p.Facts["setting"] != "limits.payload_bytes" {
		t.Errorf("declared length: %+v", p)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "POST", follower.URL+"/v1/workflows/w/signals/go", io.MultiReader(strings.NewReader(tooLarge))) // chunked
	resp, err := follower.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 413 {
		b, _ := io.ReadAll(resp.Body)
		t.Errorf("chunked: %d %s", resp.StatusCode, b)
	}
	if len(api.calls) != 0 {
		t.Error("a body that is too large reached the engine")
	}
}

// TestDrainingRefusesDeploysThere, including those that it would only forward. Everything else goes
// on, including deploys that other nodes forward to it.
func TestDrainingRefusesDeploysThere(t *testing.T) {
	th := &throne{}
	leader := listen(t, &recordingAPI{}, th, "n1").lead()
	follower := listen(t, &recordingAPI{}, th, "n2")
	if _, err := follower.seat.Drain(t.Context(), nil, "n2", true); err != nil {
		t.Fatal(err)
	}
	if p := follower.send(t, "POST", "/v1/packages", "an archive").problem(t); p.Code != "unavailable" || !strings.Contains(p.Detail, "draining") {
		t.Errorf("a deploy: %v", p)
	}
	if _, err := caller(t, follower).Versions(t.Context(), ""); err != nil {
		t.Errorf("a read: %v", err)
	}
	if _, err := leader.seat.Drain(t.Context(), nil, "n1", true); err != nil {
		t.Fatal(err)
	}
	if _, err := follower.seat.Drain(t.Context(), nil, "n2", false); err != nil {
		t.Fatal(err)
	}
	if p := leader.send(t, "POST", "/v1/packages", "an archive").problem(t); p.Code != "unavailable" {
		t.Errorf("a deploy on a leader that drains: %v", p)
	}
	if _, err := caller(t, follower).Load(t.Context(), []byte("an archive"), wire.LoadOptions{}); err != nil {
		t.Errorf("a deploy that is passed on to a leader that drains: %v", err)
	}
}

// TestClusterOperations go to the leader; draining is for any node.
func TestClusterOperations(t *testing.T) {
	th := &throne{}
	leader := listen(t, &recordingAPI{}, th, "n1").lead()
	follower := listen(t, &recordingAPI{}, th, "n2")
	c := caller(t, follower)
	if _, err := c.Transfer(t.Context(), "n2"); err != nil {
		t.Error(err)
	}
	if _, err := c.Remove(t.Context(), "n3"); err != nil {
		t.Error(err)
	}
	if a, err := c.Drain(t.Context(), ""); err != nil || a.Node != "n2" {
		t.Errorf("drain the node addressed: %+v, %v", a, err)
	}
	if a, err := c.Undrain(t.Context(), "n1"); err != nil || a.Node != "n1" {
		t.Errorf("undrain another node: %+v, %v", a, err)
	}
	if got := strings.Join(follower.seat.asked, ", "); got != "drain n2, undrain n1" {
		t.Errorf("the follower was asked to %s", got)
	}
	if got := strings.Join(leader.seat.asked, ", "); got != "transfer n2, remove n3" {
		t.Errorf("the leader was asked to %s", got)
	}
	var p *wire.Problem
	if _, err := c.Remove(t.Context(), ""); !errors.As(err, &p) || p.Code != "invalid_input" {
		t.Errorf("remove nobody: %v", err)
	}
	for _, query := range []string{"?consistency=stale", "?consistency=linearizable"} {
		if r := follower.send(t, "GET", "/v1/cluster"+query, ""); r.status != 200 || r.header.Get(wire.HeaderNode) != "n2" {
			t.Errorf("%s: %+v", query, r)
		}
	}
	if p := follower.send(t, "GET", "/v1/cluster?consistency=eventual", "").problem(t); p.Code != "invalid_input" || p.Facts["field"] != "consistency" {
		t.Errorf("%+v", p)
	}
	status, err := c.Cluster(t.Context())
	if err != nil || status.Node != "n2" || status.Leader != "n1" {
		t.Errorf("%+v, %v", status, err)
	}
}
