package transport_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func TestRepeatedRequestAnswersItsFirstOutcome(t *testing.T) {
	onBothFaces(t, testRepeatedRequestAnswersItsFirstOutcome)
}

func testRepeatedRequestAnswersItsFirstOutcome(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	leader, follower := listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")
	n.Deploy(enginetest.Pack(t, waiting("1")))
	read := func(r reply) (a wire.StartAnswer) {
		if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != 201 {
			t.Fatalf("%+v: %v", r, err)
		}
		return a
	}
	const body = `{"type":"order","workflow_id":"w","input":1}`
	first := read(leader.send(t, "POST", "/v1/workflows", body, "Idempotency-Key: k1"))
	if first.Deduplicated {
		t.Error("the first answer says that it is a repetition")
	}
	// It also does so at other nodes, with a wait, and when the id would now be refused.
	for _, path := range []string{"/v1/workflows", "/v1/workflows?wait=1ms"} {
		again := read(follower.send(t, "POST", path, body, "Idempotency-Key: k1"))
		if !again.Deduplicated || again.RunID != first.RunID || again.Index != first.Index {
			t.Errorf("%s: %+v, first %+v", path, again, first)
		}
	}
	for _, other := range []string{`{"type":"order","workflow_id":"w","input":2}`, `{"type":"order","workflow_id":"w","input":1} `} {
		if p := leader.send(t, "POST", "/v1/workflows", other, "Idempotency-Key: k1").problem(t); p.Code != "request_mismatch" || p.Facts["request_id"] != "k1" {
			t.Errorf("%s: %v", other, p)
		}
	}
	// Refusals are repeated too: the id was in use when k2 asked for it, and remains so for k2.
	if p := leader.send(t, "POST", "/v1/workflows", body, "Idempotency-Key: k2").problem(t); p.Code != "already_running" {
		t.Errorf("k2: %v", p)
	}
	if r := leader.send(t, "POST", "/v1/workflows/w/terminate", "", "Idempotency-Key: k3"); r.status != 200 {
		t.Fatalf("%+v", r)
	}
	if p := leader.send(t, "POST", "/v1/workflows", body, "Idempotency-Key: k2").problem(t); p.Code != "already_running" || p.Facts["deduplicated"] != true {
		t.Errorf("k2 again: %v", p)
	}
	if r := leader.send(t, "POST", "/v1/workflows/w/terminate", "", "Idempotency-Key: k3"); r.status != 200 || !strings.Contains(r.body, `"deduplicated":true`) {
		t.Errorf("k3 again: %+v", r)
	}
	// What never reached the log is not remembered.
	if p := leader.send(t, "POST", "/v1/workflows", `{"type":`, "Idempotency-Key: k4").problem(t); p.Code != "invalid_input" {
		t.Errorf("k4: %v", p)
	}
	if r := leader.send(t, "POST", "/v1/workflows", `{"type":"order"}`, "Idempotency-Key: k4"); r.status != 201 {
		t.Errorf("k4 again: %+v", r)
	}
}

func TestDryRunUsesNoKey(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	archive := string(enginetest.Pack(t, waiting("1")))
	for range 2 {
		if r := h.send(t, "POST", "/v1/packages?dry_run=true", archive, "Idempotency-Key: k"); r.status != 200 || strings.Contains(r.body, "deduplicated") {
			t.Fatalf("%+v", r)
		}
	}
	if r := h.send(t, "POST", "/v1/packages", archive, "Idempotency-Key: k"); r.status != 200 || !strings.Contains(r.body, `"freshly_loaded":true`) {
		t.Errorf("%+v", r)
	}
}

// TestClientLearnsAnUnknownOutcome: the engine loses its answer, whether or not it applied the
// entry. The client repeats the call under the same key, and there is one effect.
func TestClientLearnsAnUnknownOutcome(t *testing.T) { onBothFaces(t, testClientLearnsAnUnknownOutcome) }

func testClientLearnsAnUnknownOutcome(t *testing.T) {
	for name, fault := range map[string]enginetest.Fault{"applied": enginetest.UnknownDone, "not applied": enginetest.UnknownLost} {
		t.Run(name, func(t *testing.T) {
			n := enginetest.New(t)
			th := &throne{}
			listen(t, n, th, "n1").lead()
			c := caller(t, listen(t, n, th, "n2"))
			n.Deploy(enginetest.Pack(t, waiting("1")))
			var tries atomic.Int32
			n.Log.Inject(func(cmd fsm.Command) enginetest.Fault {
				if _, start := cmd.(*fsm.StartRun); start && tries.Add(1) == 1 {
					return fault
				}
				return enginetest.None
			})
			a, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"})
			if err != nil || a.Deduplicated != (fault == enginetest.UnknownDone) {
				t.Errorf("%+v, %v", a, err)
			}
			onlyRun(t, c, a.RunID)
		})
	}
}

// TestClientSurvivesABrokenConnection: the connection breaks before or after the call took effect.
// A key that the client generated limits it to one effect.
func TestClientSurvivesABrokenConnection(t *testing.T) {
	for _, after := range []bool{false, true} {
		n := enginetest.New(t)
		h := listen(t, n, &throne{}, "n1").lead()
		n.Deploy(enginetest.Pack(t, waiting("1")))
		target, _ := url.Parse(h.URL)
		way := httputil.NewSingleHostReverseProxy(target)
		var calls atomic.Int32
		rope := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) > 1 {
				way.ServeHTTP(w, r)
				return
			}
			if after {
				way.ServeHTTP(httptest.NewRecorder(), r)
			} else {
				io.Copy(io.Discard, r.Body)
			}
			panic(http.ErrAbortHandler)
		}))
		t.Cleanup(rope.Close)
		c, err := client.New(client.Config{Addresses: []string{rope.URL}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		a, err := c.Start(t.Context(), wire.StartRequest{Type: "order"})
		if err != nil || a.Deduplicated != after || calls.Load() != 2 {
			t.Errorf("broken after applying %v: %+v, %v, %d calls", after, a, err, calls.Load())
			continue
		}
		onlyRun(t, c, a.RunID)
	}
}

func onlyRun(t *testing.T, c *client.Client, runID string) {
	t.Helper()
	runs, err := c.List(t.Context(), wire.RunFilter{}, wire.Page{})
	if err != nil || len(runs.Workflows) != 1 || runs.Workflows[0].RunID != runID {
		t.Errorf("runs %+v, %v; want only %s", runs, err, runID)
	}
}

// TestKeysBelongToTheirToken: the same key from two tokens has two effects and two answers, through
// whichever node they come, and no token gets another one's answer.
func TestKeysBelongToTheirToken(t *testing.T) { onBothFaces(t, testKeysBelongToTheirToken) }

func testKeysBelongToTheirToken(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	tokens := func(cfg *transport.Config) {
		cfg.Tokens = []transport.Token{{Name: "ci", Secret: "secret-of-ci"}, {Name: "ops", Secret: "secret-of-ops"}}
	}
	leader := listen(t, n, th, "n1", tokens).lead()
	follower := listen(t, n, th, "n2", tokens)
	const ci, ops = "Authorization: Bearer secret-of-ci", "Authorization: Bearer secret-of-ops"
	if r := leader.send(t, "POST", "/v1/packages", string(enginetest.Pack(t, waiting("1"))), ci); r.status != 200 {
		t.Fatalf("%+v", r)
	}
	start := func(h *host, token, body string) (s wire.StartAnswer) {
		t.Helper()
		r := h.send(t, "POST", "/v1/workflows", body, "Idempotency-Key: deploy-1", token)
		if err := json.Unmarshal([]byte(r.body), &s); err != nil || r.status != 201 {
			t.Fatalf("%+v", r)
		}
		return s
	}
	const body = `{"type":"order"}`
	first := start(leader, ci, body)
	second := start(follower, ops, body)
	if second.Deduplicated || second.RunID == first.RunID {
		t.Errorf("one token was told another's answer: %+v, %+v", first, second)
	}
	if again := start(follower, ci, body); !again.Deduplicated || again.RunID != first.RunID {
		t.Errorf("%+v, first %+v", again, first)
	}
	if again := start(leader, ops, body); !again.Deduplicated || again.RunID != second.RunID {
		t.Errorf("%+v, first %+v", again, second)
	}
	for range 2 { // even if the other one's print differs
		r := follower.send(t, "POST", "/v1/workflows/"+first.WorkflowID+"/terminate", "", "Idempotency-Key: ci-2", ci)
		other := follower.send(t, "POST", "/v1/workflows/"+second.WorkflowID+"/terminate", "", "Idempotency-Key: ci-2", ops)
		if r.status != 200 || other.status != 200 {
			t.Errorf("%+v, %+v", r, other)
		}
	}
}

// A repeated call has no second effect and answers as the first did, whatever came between: also
// where the state is looked at before the log, and where one call is two commands.
func TestRepeatedCallsOfTwoParts(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	n.Deploy(enginetest.Pack(t, enginetest.Code{"order": `
def run(ctx, input):
    def fits(n):
        if n > 5:
            fail("too much")
    ctx.on_update("add", lambda n: n, validator = fits)
    ctx.signal("end")
`}))
	twice := func(method, path, body string, between func()) {
		t.Helper()
		key := "Idempotency-Key: " + method + path + body
		first := h.send(t, method, path, body, key)
		if first.status >= 300 {
			t.Fatalf("%s %s: %+v", method, path, first)
		}
		between()
		again := h.send(t, method, path, body, key)
		if want := strings.TrimSuffix(first.body, "}") + `,"deduplicated":true}`; again.status != first.status || again.body != want {
			t.Errorf("%s %s %s:\n%s, repeated\n%s", method, path, body, first.body, again.body)
		}
	}
	ok := func(method, path, body string) {
		t.Helper()
		if r := h.send(t, method, path, body); r.status >= 300 {
			t.Fatalf("%s %s: %+v", method, path, r)
		}
	}
	ok("POST", "/v1/workflows", `{"type":"order","workflow_id":"w"}`)
	twice("POST", "/v1/workflows/w/updates/add?wait=5s", `{"args":3}`, func() {})

	ok("POST", "/v1/namespaces", `{"name":"a"}`)
	twice("PUT", "/v1/namespaces/a", `{"retention":"5h"}`, func() { ok("PUT", "/v1/namespaces/a", `{"retention":"7h"}`) })
	if r := h.send(t, "GET", "/v1/retention", "", "Aion-Namespace: a"); !strings.Contains(r.body, "7h") {
		t.Errorf("a repeated call set its retention over a later one: %s", r.body)
	}
	twice("PUT", "/v1/namespaces/a", `{"open_runs":7}`, func() { ok("DELETE", "/v1/namespaces/a", "") })

	// Who is rejected leaves no trace, and still learns as of which index.
	var u wire.UpdateAnswer
	r := h.send(t, "POST", "/v1/workflows/w/updates/add?wait=5s", `{"args":9}`)
	if err := json.Unmarshal([]byte(r.body), &u); err != nil || u.Status != "rejected" || u.Index == 0 {
		t.Errorf("%+v: %v", r, err)
	}
}
