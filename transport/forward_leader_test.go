package transport_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport/wire"
)

// TestCallWaitsForALeader: while the known leader is unreachable, nothing of the call is consumed,
// so it goes to the next leader, including its body.
func TestCallWaitsForALeader(t *testing.T) { onBothFaces(t, testCallWaitsForALeader) }

func testCallWaitsForALeader(t *testing.T) {
	th := &throne{}
	th.give("dead", unused(t))
	api := &recordingAPI{}
	next, follower := listen(t, api, th, "n1"), listen(t, api, th, "n2")
	looked := follower.seat.watch(3) // each look reads the throne
	go func() {
		<-looked
		next.lead()
	}()
	r := follower.send(t, "POST", "/v1/workflows/w/signals/go", `"body"`)
	if r.status != 200 || r.header.Get(wire.HeaderNode) != "n1" || string(api.payload[0]) != `"body"` {
		t.Errorf("%+v", r)
	}
}

// TestNodeThatComesToLeadServesTheCall that it was about to pass on.
func TestNodeThatComesToLeadServesTheCall(t *testing.T) {
	onBothFaces(t, testNodeThatComesToLeadServesTheCall)
}

func testNodeThatComesToLeadServesTheCall(t *testing.T) {
	th := &throne{}
	api := &recordingAPI{}
	h := listen(t, api, th, "n1")
	looked := h.seat.watch(3)
	go func() {
		<-looked
		h.lead()
	}()
	r := h.send(t, "POST", "/v1/workflows/w/signals/go", `"body"`)
	if r.status != 200 || len(api.payload) != 1 || string(api.payload[0]) != `"body"` {
		t.Errorf("%+v", r)
	}
}

// TestLeaderThatBreaksOff: the outcome of a mutation is then unknown, that of a read is not.
func TestLeaderThatBreaksOff(t *testing.T) {
	th := &throne{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})}
	go srv.Serve(l)
	defer srv.Close()
	th.give("n9", l.Addr().String())
	h := listen(t, &recordingAPI{}, th, "n1")
	if p := h.send(t, "POST", "/v1/workflows/w/signals/go", "1").problem(t); p.Code != "outcome_unknown" || p.Outcome != wire.Unknown {
		t.Errorf("mutation: %+v", p)
	}
	if p := h.send(t, "GET", "/v1/versions", "").problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
		t.Errorf("read: %+v", p)
	}
}

// TestLeaderThatEnds: http.Transport likes to resend a mutation without a body by itself, if it
// carries an Idempotency-Key. Nobody accepts the second connection, but somebody accepted the first
// one.
func TestLeaderThatEnds(t *testing.T) { onBothFaces(t, testLeaderThatEnds) }

func testLeaderThatEnds(t *testing.T) {
	th := &throne{}
	var calls atomic.Int32
	var leader *httptest.Server
	leader = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			io.WriteString(w, "{}") // leaves an idle connection
			return
		}
		if r.Header.Get(wire.HeaderRequestID) != "k" {
			t.Errorf("the leader heard %v", r.Header)
		}
		leader.Listener.Close()
		panic(http.ErrAbortHandler)
	}))
	defer leader.Close()
	th.give("n9", leader.Listener.Addr().String())
	h := listen(t, &recordingAPI{}, th, "n1", quick)
	h.odd = true
	h.send(t, "GET", "/v1/versions", "")
	p := h.send(t, "DELETE", "/v1/versions/a/abcdef", "", "Idempotency-Key: k", "X-Idempotency-Key: k").problem(t)
	if p.Code != "outcome_unknown" || p.Outcome != wire.Unknown || calls.Load() != 2 {
		t.Errorf("after %d calls: %+v", calls.Load(), p)
	}
}

// TestLeaderThatIsSucceeded: a leader that hangs, like one that lost power, delays calls only until
// there is another one.
func TestLeaderThatIsSucceeded(t *testing.T) { onBothFaces(t, testLeaderThatIsSucceeded) }

func testLeaderThatIsSucceeded(t *testing.T) {
	th := &throne{}
	asked, over := make(chan struct{}), make(chan struct{})
	frozen := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-over
	}))
	defer frozen.Close()
	defer close(over)
	th.give("n9", frozen.Listener.Addr().String())
	h := listen(t, &recordingAPI{}, th, "n1")
	var calls sync.WaitGroup
	calls.Go(func() {
		if p := h.send(t, "POST", "/v1/workflows/w/signals/go", "1").problem(t); p.Code != "outcome_unknown" {
			t.Errorf("mutation: %+v", p)
		}
	})
	calls.Go(func() {
		if p := h.send(t, "GET", "/v1/versions", "").problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
			t.Errorf("read: %+v", p)
		}
	})
	await.From(t, "a call at the frozen leader", asked)
	await.From(t, "the other call at the frozen leader", asked)
	begun := time.Now()
	th.give("n8", unused(t))
	calls.Wait()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the calls waited for %v", took)
	}
}
