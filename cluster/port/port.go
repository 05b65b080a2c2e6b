package port

import (
	"cmp"
	"container/list"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"aion.dev/aion/internal/throttle"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Config configures how other nodes reach this one.
type Config struct {
	Address   string // host:port to listen on; port 0 takes a free one
	Advertise string // host:port at which others reach it. Empty: Address, which then must not be a wildcard
	TLS       TLS
	Logger    hclog.Logger

	Self func() Introduction // this node's current description; the port itself sets To and Address
	// Place returns a member's address in the configuration, or "". Where certificates prove hosts,
	// a member is accepted only at that host. nil if there is no configuration.
	Place func(id string) string

	// how long a new connection may take to send its preamble, TLS included; default 5 s
	FirstBytes time.Duration
	// connections that have not sent their preamble; default 256, or a quarter of MaxConnections.
	// The oldest gives way
	MaxPending     int
	Memory         Memory // bounds what node calls hold; nil = unbounded
	MaxConnections int    // in total; default 4,096. Non-members give way to members
}

// Port is the one address of a node for other nodes. It carries raft's streams and, as HTTP, node
// calls and the patterns of HandleHTTP. The first bytes of a connection tell which of them it
// carries, and between which nodes. Close ends every connection, in and out.
type Port struct {
	cfg        Config
	tls        *nodeTLS // nil is plaintext
	listener   net.Listener
	advertised addr
	raft, web  *stream
	mux        *http.ServeMux
	http       *http.Server // node calls, and the patterns of HandleHTTP
	client     *http.Client

	said struct{ failed, evicted, refused throttle.Throttle } // log messages that strangers cause

	closing chan struct{}
	parts   sync.WaitGroup // accept loop, handshakes, HTTP server and handlers; nothing is added once closed

	mu      sync.Mutex // guards the fields below
	closed  bool
	serving bool
	pending list.List          // of net.Conn that have not sent their preamble, oldest first
	open    map[*conn]struct{} // in both directions
	tracked uint64             // number of connections so far
	calls   map[string]Handler
}

// Open listens. Raft can use the port at once, calls after Serve. A connection that nobody accepts
// waits for at most FirstBytes.
func Open(cfg Config) (*Port, error) {
	cfg.Logger = cmp.Or(cfg.Logger, hclog.NewNullLogger())
	cfg.FirstBytes = cmp.Or(cfg.FirstBytes, 5*time.Second)
	cfg.MaxConnections = cmp.Or(cfg.MaxConnections, 4096)
	cfg.MaxPending = cmp.Or(cfg.MaxPending, min(256, max(1, cfg.MaxConnections/4)))
	if cfg.Place == nil {
		cfg.Place = func(string) string { return "" }
	}
	if cfg.Self == nil {
		return nil, errors.New("the node port needs Config.Self")
	}
	certs, err := cfg.TLS.load(cfg.Self().Name)
	if err != nil {
		return nil, err
	}
	if certs != nil {
		if err := certs.checkOwn(cfg.Self().From); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("raft.address: %w", err)
	}
	advertised, err := advertise(cfg, l.Addr())
	if err != nil {
		l.Close()
		return nil, err
	}
	p := &Port{
		cfg: cfg, tls: certs, listener: l, advertised: addr(advertised),
		mux: http.NewServeMux(), closing: make(chan struct{}), open: map[*conn]struct{}{}, calls: map[string]Handler{},
	}
	p.raft, p.web = newStream(p), newStream(p)
	p.http, p.client = p.newServer(), p.newClient()
	p.parts.Go(p.accept)
	return p, nil
}

// advertise returns the address that others dial.
func advertise(cfg Config, bound net.Addr) (string, error) {
	if cfg.Advertise != "" {
		if _, _, err := net.SplitHostPort(cfg.Advertise); err != nil {
			return "", fmt.Errorf("raft.advertise: %w", err)
		}
		if len(cfg.Advertise) > maxIntroduced {
			return "", fmt.Errorf("raft.advertise has %d bytes, more than %d", len(cfg.Advertise), maxIntroduced)
		}
		return cfg.Advertise, nil
	}
	if tcp, ok := bound.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return "", fmt.Errorf("raft.advertise is missing: other nodes cannot dial raft.address %s", cfg.Address)
	}
	return bound.String(), nil
}

// Advertised returns the host:port at which other nodes reach this one.
func (p *Port) Advertised() string { return string(p.advertised) }

// Raft returns the stream layer for raft's network transport. Closing it only stops accepting for
// raft.
func (p *Port) Raft() raft.StreamLayer { return p.raft }

// Serve starts to answer node calls and other requests. Handle and HandleHTTP must be called
// before.
func (p *Port) Serve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.serving {
		return
	}
	p.serving = true
	p.parts.Go(func() { p.http.Serve(p.web) }) // ends with Close
}

// Close ends everything that uses the port, including calls in flight, and waits for it.
func (p *Port) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.parts.Wait()
		return nil
	}
	p.closed = true
	close(p.closing)
	var conns []net.Conn
	for c := range p.open {
		conns = append(conns, c.raw) // not the TLS connection, whose Close may block
	}
	for e := p.pending.Front(); e != nil; e = e.Next() {
		conns = append(conns, e.Value.(net.Conn))
	}
	p.mu.Unlock()

	err := p.listener.Close()
	for _, c := range conns {
		c.Close()
	}
	p.http.Close()
	p.client.CloseIdleConnections()
	p.parts.Wait()
	return err
}
