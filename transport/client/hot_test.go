package client

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// hotScript is a node that has nothing but a hot face, and answers calls in turn; the last answer
// stays. A nil answer breaks the stream.
type hotScript struct {
	net.Listener
	face *hot.Face
	shut chan struct{}

	mu      sync.Mutex // guards the fields below
	answers []*pb.Answer
	asked   []*pb.Call
	tokens  []string
	conns   []net.Conn
}

func playHot(t *testing.T, answers ...*pb.Answer) *hotScript {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &hotScript{Listener: l, answers: answers, shut: make(chan struct{})}
	s.face = hot.NewFace(s)
	var all sync.WaitGroup
	all.Go(func() { s.face.Serve() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			all.Go(func() { s.face.Handle(c, nil) })
		}
	})
	t.Cleanup(func() {
		close(s.shut)
		l.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.face.Stop(ctx)
		s.cut()
		all.Wait()
	})
	return s
}

func (s *hotScript) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
}

// Open implements hot.Door.
func (s *hotScript) Open(r *http.Request) (hot.Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, r.Header.Get("Authorization"))
	return hotCaller{s}, nil
}

// Closing implements hot.Door.
func (s *hotScript) Closing() <-chan struct{} { return s.shut }

type hotCaller struct{ *hotScript }

// Close implements hot.Caller.
func (hotCaller) Close() {}

// Call implements hot.Caller.
func (s hotCaller) Call(ctx context.Context, c *pb.Call) (*pb.Answer, func()) {
	s.mu.Lock()
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	s.asked = append(s.asked, c)
	s.mu.Unlock()
	if a == nil {
		s.cut()
		<-ctx.Done()
		return &pb.Answer{}, func() {}
	}
	return &pb.Answer{Status: a.Status, Body: a.Body, Problem: a.Problem}, func() {}
}

func (s *hotScript) keys() (keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.asked {
		keys = append(keys, c.RequestId)
	}
	return keys
}

func hotProblem(code string) *pb.Answer {
	return &pb.Answer{Problem: hot.FromProblem(wire.New(code, "scripted").With("n", 1))}
}

func hotBodyOf(v any) *pb.Answer {
	b, _ := json.Marshal(v)
	return &pb.Answer{Status: 200, Body: b}
}

func hotClient(t *testing.T, s *hotScript, cfg Config) *Client {
	cfg.Addresses, cfg.Face = []string{s.Addr().String()}, FaceHot
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestHotMutationKeepsItsRequestID: whatever happens to an attempt, the next one has its key, and a
// new stream where the old one broke.
func TestHotMutationKeepsItsRequestID(t *testing.T) {
	s := playHot(t, hotProblem("no_leader"), hotProblem("outcome_unknown"), nil, hotBodyOf(wire.StartAnswer{WorkflowID: "w"}))
	a, err := hotClient(t, s, Config{Token: "secret"}).Start(t.Context(), wire.StartRequest{Type: "order"})
	keys := s.keys()
	if err != nil || a.WorkflowID != "w" || len(keys) != 4 || keys[0] == "" || len(slices.Compact(keys)) != 1 || !s.asked[0].Generated {
		t.Errorf("%+v, %v, keys %q", a, err, keys)
	}
	if len(s.tokens) != 2 || s.tokens[0] != "Bearer secret" || s.tokens[1] != "Bearer secret" {
		t.Errorf("streams were opened with %q", s.tokens)
	}
}

// TestHotReadHasNoRequestID: and is repeated all the same.
func TestHotReadHasNoRequestID(t *testing.T) {
	s := playHot(t, hotProblem("unavailable"), hotBodyOf(wire.Described{}))
	if _, err := hotClient(t, s, Config{}).Describe(t.Context(), wire.RunRef{WorkflowID: "w"}, MinIndex(7)); err != nil {
		t.Error(err)
	}
	if c := s.asked[1]; len(s.asked) != 2 || c.RequestId != "" || !c.Stale || c.MinIndex != 7 || c.Target != "w" {
		t.Errorf("%v", s.asked)
	}
}

// TestHotRefusal: it is not repeated, and says what one over HTTP says.
func TestHotRefusal(t *testing.T) {
	s := playHot(t, hotProblem("already_running"))
	_, err := hotClient(t, s, Config{}).Start(t.Context(), wire.StartRequest{Type: "order"})
	p, ok := err.(*wire.Problem)
	want := wire.New("already_running", "scripted")
	var n int
	if !ok || p.Code != want.Code || p.Status != want.Status || p.Outcome != want.Outcome || p.Hint != want.Hint || p.Title != want.Title || !p.Fact("n", &n) || n != 1 || len(s.asked) != 1 {
		t.Errorf("%#v after %d calls", err, len(s.asked))
	}
}

// TestHotOutcomeThatNobodyLearns: without patience, a stream that breaks leaves a mutation unknown,
// under its key, and a read merely without an answer.
func TestHotOutcomeThatNobodyLearns(t *testing.T) {
	s := playHot(t, nil)
	c := hotClient(t, s, Config{Patience: -1})
	_, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: "w"}, "go", nil, RequestID("k"))
	p, ok := err.(*wire.Problem)
	if !ok || p.Code != "outcome_unknown" || p.Facts["request_id"] != "k" {
		t.Errorf("%#v", err)
	}
	_, err = c.Describe(t.Context(), wire.RunRef{WorkflowID: "w"})
	if p, ok := err.(*wire.Problem); !ok || p.Code != "unavailable" {
		t.Errorf("%#v", err)
	}
}

// TestHotFaceOfNobody: where nothing listens, nothing can have happened.
func TestHotFaceOfNobody(t *testing.T) {
	c, err := New(Config{Addresses: []string{nobody(t)}, Face: FaceHot, Patience: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Start(t.Context(), wire.StartRequest{Type: "order"})
	if p, ok := err.(*wire.Problem); !ok || p.Code != "unavailable" || p.Hint == "" || p.Hint == wire.New("unavailable", "").Hint {
		t.Errorf("%#v", err)
	}
}
