package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/internal/want"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	"go.uber.org/goleak"
)

var testPorts atomic.Int64 // each port has a node of its own

// at returns a port as others dial it.
func at(p *Port) Server { return Server{p.cfg.Self().From, p.Advertised()} }

// dialRaft opens one of raft's connections.
func dialRaft(from, to *Port) (net.Conn, error) {
	return from.Raft().Dial(named(raft.ServerID(at(to).ID), raft.ServerAddress(to.Advertised())), time.Minute)
}

func openTestPort(t *testing.T, cfg Config) *Port {
	t.Helper()
	if cfg.Address == "" {
		cfg.Address = "127.0.0.1:0"
	}
	if cfg.Self == nil {
		id := fmt.Sprint("n", testPorts.Add(1))
		cfg.Self = func() Introduction { return Introduction{Cluster: "c", From: id, Instance: id} }
	}
	p, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPortTellsStreamsApart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
	b.Handle("echo", func(_ context.Context, _ Introduction, body []byte) ([]byte, error) {
		return append([]byte("you said "), body...), nil
	})
	b.Serve()

	got, err := a.Call(t.Context(), at(b), "echo", []byte("hello"))
	if err != nil || string(got) != "you said hello" {
		t.Fatalf("got %q, %v", got, err)
	}
	out, err := dialRaft(a, b)
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Raft().Accept()
	if err != nil {
		t.Fatal(err)
	}
	go out.Write([]byte("entries"))
	buf := make([]byte, 7)
	if _, err := io.ReadFull(in, buf); err != nil || string(buf) != "entries" {
		t.Fatalf("raft's stream carries %q, %v", buf, err)
	}

	// Close ends what is open, in both directions.
	b.Close()
	if _, err := in.Read(buf); err == nil {
		t.Fatal("an accepted stream outlives its port")
	}
	if _, err := b.Raft().Accept(); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("accepting on a closed port: %v", err)
	}
	a.Close()
	if _, err := a.Call(t.Context(), at(b), "echo", nil); !errors.As(err, new(*engine.Unavailable)) {
		t.Fatalf("calling from a closed port: %v", err)
	}
}

// A whole raft on two ports, which is what the stream layer is for.
func TestPortCarriesRaft(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
	quiet := hclog.NewNullLogger()
	from, to := NewRaftNetwork(a, quiet), NewRaftNetwork(b, quiet)
	if string(to.LocalAddr()) != b.Advertised() {
		t.Fatalf("raft calls itself %s, not %s", to.LocalAddr(), b.Advertised())
	}
	seen := make(chan uint64, 1)
	go func() {
		rpc := <-to.Consumer()
		seen <- rpc.Command.(*raft.RequestVoteRequest).Term
		rpc.Respond(&raft.RequestVoteResponse{Term: rpc.Command.(*raft.RequestVoteRequest).Term, Granted: true}, nil)
	}()
	ask := func(as string, term uint64) (resp raft.RequestVoteResponse, err error) {
		req := &raft.RequestVoteRequest{RPCHeader: raft.RPCHeader{ProtocolVersion: 3, ID: []byte(as)}, Term: term}
		return resp, from.RequestVote(raft.ServerID(at(b).ID), to.LocalAddr(), req, &resp)
	}
	if _, err := ask("somebody-else", 6); err == nil || !strings.Contains(err.Error(), "somebody-else") {
		t.Fatalf("a candidate with another id than its connection's: %v", err)
	}
	resp, err := ask(at(a).ID, 7)
	if err != nil || resp.Term != 7 || !resp.Granted {
		t.Fatalf("got %+v, %v", resp, err)
	}
	if got := <-seen; got != 7 {
		t.Fatalf("raft has seen the vote of term %d", got)
	}
	from.Close()
	to.Close()
	a.Close()
	b.Close()
}

// That a connection ends in the middle of a message is no error of this node: nodes stop. What
// cannot be read of one that lives is.
func TestEndsOfConnectionsAreNoErrors(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, test := range []struct {
		what  string
		sends []byte
		stops bool // this node, before all of the message is there
		want  string
	}{
		{"a node stops within a message", []byte{0, 0x81}, true, "[DEBUG] failed to decode incoming command"},
		{"a message that nobody knows", []byte{0xff}, false, "[ERROR] failed to decode incoming command"},
	} {
		a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
		var log syncBuffer
		to := NewRaftNetwork(b, hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: &log}))
		b.Serve()
		out, err := dialRaft(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(test.sends); err != nil {
			t.Fatal(err)
		}
		await.Poll(t, "the connection", func() bool { return strings.Contains(log.String(), "accepted connection") })
		if test.stops {
			to.Close()
		}
		await.Poll(t, "the error", func() bool { return strings.Contains(log.String(), "failed to decode") })
		if !strings.Contains(strings.Join(strings.Fields(log.String()), " "), test.want) {
			t.Errorf("%s:\n%s", test.what, log.String())
		}
		out.Close()
		a.Close()
		b.Close()
		to.Close()
	}

	var log syncBuffer
	ours, theirs := net.Pipe()
	of := &single{over: make(chan struct{})}
	l, c := &partings{hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: &log}), of}, &singleConn{Conn: ours, of: of}
	theirs.Close()
	l.Error("while nothing is known of an end")
	if _, err := c.Write([]byte{1}); err == nil {
		t.Error("wrote to a connection that is closed")
	}
	l.Error("after the peer went away")
	c.Close()
	if got := log.String(); !strings.Contains(got, "[ERROR] while nothing") || !strings.Contains(got, "[DEBUG] after the peer") {
		t.Error(got)
	}
}

func TestPortIsNotBlockedBySilentClients(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	b := openTestPort(t, Config{MaxPending: 4, FirstBytes: time.Hour})
	b.Handle("echo", func(_ context.Context, _ Introduction, body []byte) ([]byte, error) { return body, nil })
	b.Serve()
	var silent []net.Conn
	for range 20 {
		c, err := net.Dial("tcp", b.Advertised())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		silent = append(silent, c)
	}
	a := openTestPort(t, Config{})
	if _, err := a.Call(t.Context(), at(b), "echo", []byte("x")); err != nil {
		t.Fatal(err)
	}
	// The oldest connection gave way.
	if _, err := silent[0].Read(make([]byte, 1)); err == nil {
		t.Fatal("the oldest silent client is still connected")
	}
	a.Close()
	b.Close()
}

func TestPortEndsWhoeverSaysNothing(t *testing.T) {
	b := openTestPort(t, Config{FirstBytes: time.Millisecond})
	c, err := net.Dial("tcp", b.Advertised())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatal("answered a client that said nothing")
	}
}

func TestPortAdvertisesWhatItIsTold(t *testing.T) {
	p := openTestPort(t, Config{Advertise: "node-a.internal:7601"})
	if p.Advertised() != "node-a.internal:7601" || p.Raft().Addr().String() != p.Advertised() {
		t.Fatalf("advertises %s and %s", p.Advertised(), p.Raft().Addr())
	}
	self := p.cfg.Self
	_, err := Open(Config{Self: self, Address: "0.0.0.0:0"})
	want.Error(t, err, "raft.advertise")
	_, err = Open(Config{Self: self, Address: "127.0.0.1:0", Advertise: "no port"})
	want.Error(t, err, "raft.advertise")
	_, err = Open(Config{Self: self, Address: p.listener.Addr().String()})
	want.Error(t, err, "raft.address")
}

func TestPortBoundsConnections(t *testing.T) {
	b := openTestPort(t, Config{MaxConnections: 1})
	a := openTestPort(t, Config{})
	first, err := dialRaft(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Raft().Accept(); err != nil {
		t.Fatal(err)
	}
	if _, err := dialRaft(a, b); err == nil || !strings.Contains(err.Error(), "1 connections are open") {
		t.Fatalf("a connection beyond the limit: %v", err)
	}
	first.Close()
}

// Non-members may fill the port; members get in all the same.
func TestPortMakesRoomForMembers(t *testing.T) {
	b := openTestPort(t, Config{MaxConnections: 2, Place: func(id string) string {
		return map[string]string{"member": "127.0.0.1:1"}[id]
	}})
	stranger := openTestPort(t, Config{})
	member := openTestPort(t, Config{Self: func() Introduction {
		return Introduction{Cluster: "c", From: "member", Instance: "member"}
	}})
	var held []net.Conn
	for range 2 {
		if _, err := dialRaft(stranger, b); err != nil {
			t.Fatal(err)
		}
		c, err := b.Raft().Accept()
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	if _, err := dialRaft(stranger, b); err == nil || !strings.Contains(err.Error(), "2 connections are open") {
		t.Fatalf("a stranger beyond the limit: %v", err)
	}
	for i := range 2 {
		if _, err := dialRaft(member, b); err != nil {
			t.Fatalf("member's connection %d: %v", i+1, err)
		}
		if _, err := b.Raft().Accept(); err != nil {
			t.Fatal(err)
		}
		if _, err := held[i].Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("the oldest stranger's connection %d is still open: %v", i+1, err)
		}
	}
	if _, err := dialRaft(member, b); err == nil || !strings.Contains(err.Error(), "2 connections are open") {
		t.Fatalf("a member's connection beyond the limit, among members: %v", err)
	}
}

func TestCallErrorsCrossTheWire(t *testing.T) {
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
	say := map[string]error{
		"leader":      &engine.NotLeader{Leader: "n-2"},
		"nobody":      &engine.NotLeader{},
		"quorum":      &engine.NoQuorum{Why: "n-3 is gone"},
		"unavailable": &engine.Unavailable{Why: "draining"},
		"unknown":     &engine.Unknown{Cause: errors.New("lost")},
		"wrapped":     fmt.Errorf("asking: %w", &engine.NotLeader{Leader: "n-2"}),
		"plain":       errors.New("no such thing"),
	}
	for name, err := range say {
		b.Handle(name, func(context.Context, Introduction, []byte) ([]byte, error) { return nil, err })
	}
	b.Handle("huge", func(context.Context, Introduction, []byte) ([]byte, error) { return make([]byte, MaxCallBytes+1), nil })
	b.Serve()
	for name, sent := range say {
		_, got := a.Call(t.Context(), at(b), name, nil)
		want := sent
		if name == "wrapped" {
			want = &engine.NotLeader{Leader: "n-2"}
		}
		if got == nil || got.Error() != want.Error() || fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s: sent %T %v, got %T %v", name, sent, sent, got, got)
		}
	}
	_, err := a.Call(t.Context(), at(b), "huge", nil)
	want.Error(t, err, "huge", fmt.Sprint(MaxCallBytes))
	_, err = a.Call(t.Context(), at(b), "leader", make([]byte, MaxCallBytes+1))
	want.Error(t, err, fmt.Sprint(MaxCallBytes))
	_, err = a.Call(t.Context(), at(b), "never heard of", nil)
	want.Error(t, err, "never heard of")
}

func TestCallTellsNotSentFromUnknown(t *testing.T) {
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
	entered := make(chan struct{})
	b.Handle("hang", func(ctx context.Context, _ Introduction, _ []byte) ([]byte, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	b.Serve()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	var unknown *engine.Unknown
	if _, err := a.Call(ctx, at(b), "hang", nil); !errors.As(err, &unknown) {
		t.Fatalf("a call given up after it was sent is %T %v", err, err)
	}
	b.Close()
	if _, err := a.Call(t.Context(), at(b), "hang", nil); !errors.As(err, new(*engine.Unavailable)) {
		t.Fatalf("a call that nobody could hear is %T %v", err, err)
	}
}

func TestCloseWaitsForHandlers(t *testing.T) {
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
	entered := make(chan struct{})
	ended := false
	b.Handle("hang", func(ctx context.Context, _ Introduction, _ []byte) ([]byte, error) {
		close(entered)
		<-ctx.Done()
		ended = true // read without a lock, because Close orders the two
		return nil, ctx.Err()
	})
	b.Serve()
	go a.Call(t.Context(), at(b), "hang", nil)
	<-entered
	b.Close()
	if !ended {
		t.Fatal("Close returned while a handler was running")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// full is memory that has nothing left for more than most bytes.
type full struct{ most, taken int64 }

func (f *full) Take(_ context.Context, n int64) error {
	if f.taken+n > f.most {
		return errors.New("limits.call_memory_bytes is taken")
	}
	f.taken += n
	return nil
}

func (f *full) Give(n int64) { f.taken -= n }

// TestCallsShareMemory: bodies of node calls reserve memory while their handlers run, except small
// ones, and release it.
func TestCallsShareMemory(t *testing.T) {
	memory := &full{most: 100 << 10}
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{Memory: memory})
	var held int64
	b.Handle("echo", func(_ context.Context, _ Introduction, body []byte) ([]byte, error) {
		held = memory.taken
		return body[:1], nil
	})
	b.Serve()
	for _, c := range []struct {
		size int
		held int64
	}{{100, 0}, {80 << 10, 80 << 10}, {80 << 10, 80 << 10}} {
		if _, err := a.Call(t.Context(), at(b), "echo", make([]byte, c.size)); err != nil || held != c.held {
			t.Errorf("%d bytes: %v, %d held", c.size, err, held)
		}
	}
	_, err := a.Call(t.Context(), at(b), "echo", make([]byte, 200<<10))
	var unavailable *engine.Unavailable
	if !errors.As(err, &unavailable) {
		t.Errorf("%T", err)
	}
	want.Error(t, err, "limits.call_memory_bytes")
}
