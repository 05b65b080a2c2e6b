package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/transport/auditlog"
	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/jwt"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
)

// Config configures a Server. All Parts, Cluster and Node are required.
type Config struct {
	Parts
	Cluster Cluster
	Backups Backups // nil = the node makes none
	Node    string  // this node's id
	Version string  // of the binary, for /openapi.json
	Limits  Limits
	Memory  *Memory // shared with other users; nil = Limits.CallMemory for this Server alone
	Tokens  []Token // of this node's file
	// TokensRequired: every call needs a token, even while there is none. Otherwise a node without
	// Tokens is open to all until the state has had a token.
	TokensRequired bool
	// JWT verifies bearer tokens that others have issued; Certificates say what those of callers
	// may do that TLS has verified. With either, every call needs one of them, or a token.
	JWT          *jwt.Verifier
	Certificates []CertificateRule
	// Vouches tells whether what descends from a CA still counts as a caller; nil = what TLS has
	// verified does.
	Vouches func(ca *x509.Certificate) bool
	// Hosts are the names, besides loopback's, that callers may give as Host while there are no
	// Tokens; see GuardHosts.
	Hosts []string
	// TLS makes this node serve HTTPS, and implies that other nodes do: the leader is called with
	// https. Nil = plaintext.
	TLS *tls.Config
	// LeaderTLS returns how this node checks the leader's certificate when it forwards calls. It is
	// called for each connection. Nil = the system's roots.
	LeaderTLS func() *tls.Config
	HTTPOnly  bool                 // no hot face: see package hot
	Audit     *auditlog.Log        // nil = there is none
	Registry  *prometheus.Registry // served at /metrics, with the server's own metrics added; nil = a new one
	Tracer    Tracer               // nil = nobody traces
	Logger    hclog.Logger
}

// Tracer is told of calls, for distributed tracing.
type Tracer interface {
	// Call begins the span of a call that this node serves itself, under the one that its
	// traceparent names; the caller calls end.
	Call(ctx context.Context, operation string, header http.Header) (_ context.Context, end func(status int))
}

// Server is the HTTP side of one node. It is an http.Handler; Serve adds listening and a graceful
// shutdown.
type Server struct {
	cfg     Config
	self    []string // value of the header that names this node
	log     hclog.Logger
	tokens  tokens
	fresh   freshness
	vigils  vigils
	grants  readGrants
	quotas  quotas
	mux     *http.ServeMux
	api     huma.API
	made    *made             // what huma made of the route that is being added
	listed  map[string]*route // by id
	guard   hostGuard
	handler http.Handler
	hot     *hotFace
	leader  *http.Transport // to the leader
	leaders hotLeaders      // to it over the hot face
	calls   slots
	polls   slots
	streams slots
	lingers slots
	loads   *line
	stored  storedArchives
	metrics *metrics
	denials *denials

	connections *connections
	memory      *Memory // for the bodies of calls, and for large answers
	answers     *Memory // for large answers only: half of it

	closing context.Context // ends when Serve is told to end: long polls and streams end, other calls finish
	close   context.CancelFunc

	specOnce sync.Once
	spec     []byte
}

// New makes a Server. It serves as soon as it is called; nothing runs between calls.
func New(cfg Config) (*Server, error) {
	if part := cfg.missing(); part != "" {
		return nil, fmt.Errorf("transport: Config needs %s", part)
	}
	if cfg.Cluster == nil || cfg.Node == "" {
		return nil, errors.New("transport: Config needs Cluster and Node")
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = hclog.NewNullLogger()
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	s := &Server{cfg: cfg, log: cfg.Logger.Named("http"), mux: http.NewServeMux(), self: []string{cfg.Node}, listed: map[string]*route{}}
	var err error
	if s.tokens, err = newTokens(cfg.Tokens); err != nil {
		return nil, err
	}
	s.fresh.ask = s.askLeader
	s.closing, s.close = context.WithCancel(context.Background())
	s.vigils.check, s.vigils.closing = s.mayGoOn, s.closing.Done()
	s.calls = slots{what: "calls", limit: cfg.Limits.Calls}
	s.polls = slots{what: "waiting calls", limit: cfg.Limits.Polls}
	s.streams = slots{what: "event streams", limit: cfg.Limits.Streams}
	s.lingers = slots{what: "callers who have their answer", limit: lingerCalls}
	s.loads = newLine("deploys", cfg.Limits.Loads, cfg.Limits.LoadWait)
	if s.memory = cfg.Memory; s.memory == nil {
		s.memory = NewMemory(cfg.Limits.CallMemory)
	}
	s.answers = NewMemory(max(1, s.memory.size/2))
	s.connections = &connections{limit: cfg.Limits.Connections}
	if s.metrics, err = newMetrics(cfg.Registry, s); err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	if s.denials, err = newDenials(cfg.Registry, s.log, s.closing.Done()); err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	s.leader = newLeaderTransport(cfg)
	s.made = &made{}
	s.api = huma.NewAPI(apiConfig(cfg.Version), s.made)
	s.routes()
	// A browser page of another site must not deploy to a node on the reader's machine.
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.denials.deny(w, r, "", wire.New("permission_denied", "the call comes from a web page of another origin: "+clip(r.Header.Get("Origin"))))
	}))
	s.guard = newHostGuard(nil, cfg.Hosts, func(w http.ResponseWriter, r *http.Request) {
		s.denials.deny(w, r, "", misdirected(r))
	})
	guarded := func(next http.Handler) http.Handler {
		guard := s.guard
		guard.next = origin.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.openToAll() {
				guard.ServeHTTP(w, r)
				return
			}
			guard.next.ServeHTTP(w, r)
		})
	}
	s.handler = guarded(http.HandlerFunc(s.dispatch))
	if !cfg.HTTPOnly {
		s.hot = newHotFace(s, guarded)
	}
	return s, nil
}

// ServeHTTP serves one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.hot.takes(r) {
		s.hot.foreign.ServeHTTP(w, r)
		return
	}
	rec := &recorder{ResponseWriter: w, operation: "other", until: time.Now().Add(writeTimeout), rest: restOf(r), server: s, request: r}
	h := w.Header()
	h[wire.HeaderNode] = s.self
	if s.hot.offered(r) {
		h[hot.Header] = offered
	}
	h["X-Content-Type-Options"] = noSniff
	rc := http.NewResponseController(w)
	rc.SetWriteDeadline(rec.until)
	if r.ContentLength != 0 {
		rc.SetReadDeadline(time.Now().Add(s.arrival(r)))
	}
	if c := connectionOf(r); c != nil {
		defer c.beginCall()()
	}
	s.serve(rec, r)
	s.linger(rec, rec.rest)
}

// noSniff keeps a browser from rendering a run's result as a page.
var noSniff = []string{"nosniff"}

// serve answers a call.
func (s *Server) serve(rec *recorder, r *http.Request) {
	done := s.metrics.beginCall()
	defer func() {
		if p := recover(); p != nil {
			s.recovered(rec, r, p)
		}
		done(rec.operation, rec.code())
	}()
	s.handler.ServeHTTP(rec, r)
	rec.audit(nil)
	rec.sendHead()
}

// arrival returns how long a body may take to arrive, whoever reads it, and even if nobody does.
// The deadline ends with the body: net/http clears it after the last byte was read, so that it does
// not end a call that then waits.
func (s *Server) arrival(r *http.Request) time.Duration {
	claimed := min(max(r.ContentLength, 0), s.cfg.Limits.ArchiveBytes)
	return s.cfg.Limits.Arrival + time.Duration(claimed>>18)*time.Second
}

// dispatch keeps the mux from redirecting paths that are not in their shortest form: they are not
// found.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.EscapedPath(); len(p) > 1 && path.Clean(p) != strings.TrimSuffix(p, "/") {
		s.nothing(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// recovered answers for a handler that panicked. A handler that could not write its answer because
// the caller is gone is not reported.
func (s *Server) recovered(rec *recorder, r *http.Request, p any) {
	if p == http.ErrAbortHandler {
		rec.auditBroken()
		panic(p)
	}
	if r.Context().Err() == nil {
		s.log.Error("a handler panicked", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
	}
	if !rec.headSent {
		rec.status = 0
		writeProblem(rec, wire.New("internal", "the node's handler panicked; its log says more"))
		return
	}
	panic(http.ErrAbortHandler) // half an answer must not look complete
}
