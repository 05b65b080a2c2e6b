package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// serving is a node that leads, on a listener of its own.
type serving struct {
	address string
	stop    context.CancelFunc
	served  chan error
}

func serve(t *testing.T, api any, configure ...func(*transport.Config)) *serving {
	t.Helper()
	th := &throne{}
	th.give("n1", "")
	cfg := transport.Config{Parts: parts(api), Cluster: &seat{throne: th, self: "n1"}, Node: "n1", Limits: transport.Limits{Drain: time.Minute}}
	for _, c := range configure {
		c(&cfg)
	}
	server, err := transport.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &serving{address: l.Addr().String(), served: make(chan error, 1)}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() { s.served <- server.Serve(ctx, l) }()
	t.Cleanup(func() { s.end(t) })
	return s
}

func (s *serving) end(t *testing.T) {
	s.stop()
	if err := await.From(t, "the end of Serve", s.served); err != nil {
		t.Errorf("Serve: %v", err)
	}
	s.served <- nil
}

// metric returns the lines of /metrics that begin so.
func (s *serving) metric(t *testing.T, begins string) string {
	t.Helper()
	resp, err := http.Get("http://" + s.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var found strings.Builder
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, begins) {
			found.WriteString(line)
		}
	}
	return found.String()
}

func newClient(t *testing.T, cfg client.Config) *client.Client {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestForeignCallers: any gRPC client makes calls one by one, in plain text and over TLS, where it
// offers only h2. A refusal has its problem in the details.
func TestForeignCallers(t *testing.T) {
	n := enginetest.New(t)
	n.Deploy(enginetest.Pack(t, waiting("1")))
	borrowed := httptest.NewTLSServer(nil) // for its certificate
	defer borrowed.Close()
	roots := x509.NewCertPool()
	roots.AddCert(borrowed.Certificate())
	for name, way := range map[string]struct {
		node  *serving
		creds credentials.TransportCredentials
	}{
		"plain": {serve(t, n), insecure.NewCredentials()},
		"tls": {serve(t, n, func(c *transport.Config) { c.TLS = &tls.Config{Certificates: borrowed.TLS.Certificates} }),
			credentials.NewTLS(&tls.Config{RootCAs: roots})},
	} {
		conn, err := grpc.NewClient(way.node.address, grpc.WithTransportCredentials(way.creds))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		calls := pb.NewHotClient(conn)
		a, err := calls.Do(t.Context(), &pb.Call{Operation: pb.Operation_START, Body: []byte(`{"type":"order","workflow_id":"` + name + `"}`), RequestId: name})
		var started wire.StartAnswer
		if err != nil || a.Status != 201 || a.Node != "n1" || a.Index == 0 || json.Unmarshal(a.Body, &started) != nil || started.WorkflowID != name {
			t.Errorf("%s: %v, %v", name, a, err)
		}
		_, err = calls.Do(t.Context(), &pb.Call{Operation: pb.Operation_SIGNAL, Target: "nobody", Name: "go"})
		s := status.Convert(err)
		if s.Code() != codes.NotFound || len(s.Details()) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		if p := hot.ToProblem(s.Details()[0].(*pb.Problem)); p.Code != "not_found" || p.Status != 404 || p.Outcome != wire.Rejected || p.Facts["index"] == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestWhatOperationsDoNotTake: fields that an operation has no use for are refused, as HTTP refuses
// parameters.
func TestWhatOperationsDoNotTake(t *testing.T) {
	node := serve(t, enginetest.New(t))
	link, err := hot.Dial(t.Context(), hot.Target{Address: node.address})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	for field, c := range map[string]*pb.Call{
		"operation": {Operation: 99}, "target": {Operation: pb.Operation_START, Target: "w"}, "name": {Operation: pb.Operation_QUERY, Target: "w"},
		"workflow_id": {Operation: pb.Operation_CANCEL}, "wait": {Operation: pb.Operation_DESCRIBE, Target: "w", Wait: "1s"},
		"stale": {Operation: pb.Operation_TERMINATE, Target: "w", Stale: true}, "min_index": {Operation: pb.Operation_RESULT, Target: "w", MinIndex: 1},
		"run_id": {Operation: pb.Operation_POLL, Target: "q", RunId: "r"},
	} {
		a, err := link.Do(t.Context(), c)
		if err != nil || a.Problem.GetCode() != "invalid_input" || !strings.Contains(string(a.Problem.GetFacts()), `"field":"`+field+`"`) {
			t.Errorf("%s: %v, %v", field, a, err)
		}
	}
}

// TestClientFindsTheHotFace: after a few answers over HTTP, calls go over the hot face, and large
// ones stay with HTTP. Where there is none, all stay.
func TestClientFindsTheHotFace(t *testing.T) {
	n := enginetest.New(t)
	n.Deploy(enginetest.Pack(t, waiting("1")))
	node := serve(t, n)
	c := newClient(t, client.Config{Addresses: []string{node.address}})
	described := func(c *client.Client) {
		if _, err := c.Describe(t.Context(), wire.RunRef{WorkflowID: "w"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	await.Poll(t, "a call on the hot face", func() bool {
		described(c)
		return strings.Contains(node.metric(t, "aion_hot_calls_total"), `operation="describe",status="200"`)
	})
	large := json.RawMessage(`"` + strings.Repeat("x", hot.MaxCall) + `"`)
	if _, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: "w"}, "large", large); err != nil {
		t.Error(err)
	}
	if got := node.metric(t, "aion_hot_calls_total"); strings.Contains(got, "signal") {
		t.Errorf("a large call went over the hot face: %s", got)
	}
	without := serve(t, n, func(c *transport.Config) { c.HTTPOnly = true })
	other := newClient(t, client.Config{Addresses: []string{without.address}})
	for range 5 {
		described(other)
	}
	if got := without.metric(t, "aion_hot_calls_total"); got != "" {
		t.Error(got)
	}
	only := newClient(t, client.Config{Addresses: []string{without.address}, Face: client.FaceHot, Patience: -1})
	if _, err := only.Describe(t.Context(), wire.RunRef{WorkflowID: "w"}); code(err) != "unavailable" {
		t.Errorf("a face that is not there: %v", err)
	}
}

// TestHotFaceOverTLS: the SDK asks for it by its own name, checks the certificate and shows its
// token; strangers are turned away with the same problems as over HTTP.
func TestHotFaceOverTLS(t *testing.T) {
	n := enginetest.New(t)
	n.Deploy(enginetest.Pack(t, waiting("1")))
	borrowed := httptest.NewTLSServer(nil)
	defer borrowed.Close()
	roots := x509.NewCertPool()
	roots.AddCert(borrowed.Certificate())
	node := serve(t, n, func(c *transport.Config) {
		c.TLS = &tls.Config{Certificates: borrowed.TLS.Certificates}
		c.Tokens = []transport.Token{{Name: "ci", Secret: "secret"}, {Name: "eye", Secret: "readonly", ReadOnly: true}}
	})
	for _, x := range []struct {
		token, code string
		roots       *x509.CertPool
	}{{"secret", "", roots}, {"wrong", "unauthenticated", roots}, {"readonly", "permission_denied", roots}, {"secret", "misdirected", x509.NewCertPool()}} {
		c := newClient(t, client.Config{Addresses: []string{"https://" + node.address}, Token: x.token, RootCAs: x.roots, Face: client.FaceHot, Patience: -1})
		_, err := c.Start(t.Context(), wire.StartRequest{Type: "order"})
		if code(err) != x.code {
			t.Errorf("%s: %v, want %q", x.token, err, x.code)
		}
	}
}

// TestHotFaceEndsGracefully: waiting calls answer with what they have, a mutation under way
// finishes, and then nothing is left.
func TestHotFaceEndsGracefully(t *testing.T) {
	n := enginetest.New(t)
	api := &slowSignal{n, make(chan struct{}), make(chan struct{})}
	n.Deploy(enginetest.Pack(t, waiting("1")))
	ref := n.Begin("order", "1")
	node := serve(t, api)
	c := newClient(t, client.Config{Addresses: []string{node.address}, Face: client.FaceHot, Patience: -1})
	link, err := hot.Dial(t.Context(), hot.Target{Address: node.address})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	ended := make(chan string, 2)
	go func() {
		a, err := link.Do(t.Context(), &pb.Call{Operation: pb.Operation_RESULT, Target: ref.WorkflowID, Wait: "60s"})
		if err != nil {
			ended <- err.Error()
			return
		}
		var r wire.Result
		_ = json.Unmarshal(a.Body, &r)
		ended <- r.Status
	}()
	signalled := make(chan error, 1)
	go func() {
		_, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: ref.WorkflowID}, "approval", nil)
		signalled <- err
	}()
	await.Closed(t, "the signal", api.began)
	await.Poll(t, "a waiting call", func() bool { return strings.Contains(node.metric(t, "aion_http_polls "), " 1") })
	node.stop()
	if got := await.From(t, "the result", ended); got != "running" {
		t.Errorf("the waiting call answered %s", got)
	}
	close(api.release)
	if err := await.From(t, "the signal's answer", signalled); err != nil {
		t.Error(err)
	}
	await.Closed(t, "the end of the stream", link.Done())
	node.end(t)
	if _, err := link.Do(t.Context(), &pb.Call{Operation: pb.Operation_DESCRIBE, Target: "w"}); !errors.Is(err, hot.ErrOver) {
		t.Errorf("a call on a stream that is over: %v", err)
	}
}

// TestHotCallThatIsGivenUp: the node learns that nobody waits for an answer, on a stream that goes
// on.
func TestHotCallThatIsGivenUp(t *testing.T) {
	n := enginetest.New(t)
	node := serve(t, n)
	link, err := hot.Dial(t.Context(), hot.Target{Address: node.address})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := link.Do(ctx, &pb.Call{Operation: pb.Operation_POLL, Target: "q", Body: []byte(`{"worker_id":"w","activities":["a"],"wait":"60s"}`)})
		ended <- err
	}()
	await.Poll(t, "a waiting poll", func() bool { return strings.Contains(node.metric(t, "aion_http_polls "), " 1") })
	cancel()
	if err := await.From(t, "the poll", ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	await.Poll(t, "the end of the poll at the node", func() bool { return strings.Contains(node.metric(t, "aion_http_polls "), " 0") })
	if a, err := link.Do(t.Context(), &pb.Call{Operation: pb.Operation_DESCRIBE, Target: "w"}); err != nil || a.Problem.GetCode() != "not_found" {
		t.Errorf("%v, %v", a, err)
	}
}

// relay passes connections on until it is cut.
type relay struct {
	net.Listener
	to string

	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, to: to}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, in, out)
			r.mu.Unlock()
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		r.cut()
	})
	return r
}

// cut breaks every connection.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

// TestHotCallSurvivesABrokenStream: the stream breaks while the start is applied. The repeated call
// has the same request id, on the hot face and when it goes over HTTP.
func TestHotCallSurvivesABrokenStream(t *testing.T) {
	for _, face := range []client.Face{client.FaceHot, client.FaceAuto} {
		n := enginetest.New(t)
		node := serve(t, n)
		n.Deploy(enginetest.Pack(t, waiting("1")))
		way := newRelay(t, node.address)
		c := newClient(t, client.Config{Addresses: []string{way.Addr().String()}, Face: face})
		await.Poll(t, "a call on the hot face", func() bool {
			_, err := c.Describe(t.Context(), wire.RunRef{WorkflowID: "w"})
			if code(err) != "not_found" {
				t.Fatal(err)
			}
			return strings.Contains(node.metric(t, "aion_hot_calls_total"), `operation="describe"`)
		})
		var tries atomic.Int32
		n.Log.Inject(func(cmd fsm.Command) enginetest.Fault {
			if _, start := cmd.(*fsm.StartRun); start && tries.Add(1) == 1 {
				way.cut()
			}
			return enginetest.None
		})
		a, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"})
		if err != nil {
			t.Fatalf("%q: %v", face, err)
		}
		onlyRun(t, c, a.RunID)
	}
}

// TestHotAnswerThatBreaksOff: half an answer of the leader is none.
func TestHotAnswerThatBreaksOff(t *testing.T) {
	leader := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"workflow_id":"w",`)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer leader.Close()
	th := &throne{}
	th.give("n1", leader.Listener.Addr().String())
	follower := listen(t, hotAPI{}, th, "n2")
	for code, c := range map[string]*pb.Call{
		"outcome_unknown": {Operation: pb.Operation_SIGNAL, Target: "w", Name: "go"},
		"unavailable":     {Operation: pb.Operation_DESCRIBE, Target: "w"},
	} {
		if p := follower.sendHot(t.Context(), t, c, nil).problem(t); p.Code != code {
			t.Errorf("%s: %v, want %s", c.Operation, p, code)
		}
	}
}
