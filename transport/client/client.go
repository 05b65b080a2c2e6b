package client

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/hot"
)

// DefaultAddress is where a node listens by default.
const DefaultAddress = "127.0.0.1:7600"

// Config says where the cluster is and who calls. The zero value calls DefaultAddress.
type Config struct {
	// Addresses are host:port or URLs of any nodes. Each call goes to the node that answered last,
	// and to the others if that fails. A bare host:port is HTTPS if it is beyond loopback and there
	// is a Token or RootCAs, otherwise plain HTTP.
	Addresses []string
	Token     string         // sent as bearer token; empty = none
	Namespace string         // of all calls; empty = wire.DefaultNamespace
	RootCAs   *x509.CertPool // that sign nodes' certificates; nil = the system's. Not together with HTTP
	// Certificate is shown to nodes that ask for one, in place of a Token; nil = none is. Not
	// together with HTTP.
	Certificate *tls.Certificate
	Actor       string        // for the deploy history of clusters without tokens; empty = the server's default
	Face        Face          // which of a node's faces is called; empty = the hot one where nodes have it
	HTTP        *http.Client  // nil = a client of its own. It must not have a Timeout shorter than the requested waits; redirects are not followed. It has no hot face
	Patience    time.Duration // how long a call is retried after its first failure; 0 = 30 s, negative = never. The context also bounds it

	// Connect bounds how long connecting to one node may take, and how long a call is retried while
	// no node accepts a connection; 0 = 5 s and Patience. A person who calls should learn of that
	// soon.
	Connect time.Duration
	// Waiting is called once, when a call has waited a second without reaching a node. Nil = not
	// called.
	Waiting func(addresses []string)
	// Silent is called when a node accepts connections and answers nothing, not even whether it is
	// alive: it, or its machine, is frozen. Then the call goes on at the next address; if there is
	// only one, the call waits for the answer. Nil = not called.
	Silent func(address string)
}

// Client calls a cluster.
type Client struct {
	bases    []*url.URL
	token    string
	space    string // as a header
	actor    string
	http     *http.Client
	patience time.Duration
	connect  time.Duration // see Config; 0 = as patience
	notice   waitNotice
	silent   func(address string)
	foreign  bool          // http is the caller's: nothing is dialed past it
	last     atomic.Uint32 // index of the base that last answered
	hot      map[*url.URL]*hot.Path
}

// New makes a Client. It does not connect. Its error names an invalid address.
func New(cfg Config) (*Client, error) {
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token has a character that is not visible ASCII, such as a line break at its end") // so the token is not shown
	}
	if strings.ContainsFunc(cfg.Namespace, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the namespace has a character that is not visible ASCII")
	}
	c := &Client{token: cfg.Token, space: cfg.Namespace, actor: cfg.Actor, http: cfg.HTTP, foreign: cfg.HTTP != nil, patience: cfg.Patience, connect: cfg.Connect}
	c.notice.say, c.silent = cfg.Waiting, cfg.Silent
	for _, a := range cfg.Addresses {
		base, err := parseAddress(a, cfg.Token != "" || cfg.RootCAs != nil || cfg.Certificate != nil)
		if err != nil {
			return nil, err
		}
		c.bases = append(c.bases, base)
	}
	if len(c.bases) == 0 {
		c.bases = []*url.URL{{Scheme: "http", Host: DefaultAddress}}
	}
	if c.patience == 0 {
		c.patience = 30 * time.Second
	}
	if c.http != nil && (cfg.RootCAs != nil || cfg.Certificate != nil) {
		return nil, errors.New("client: Config has HTTP, so its RootCAs and Certificate have no effect: give one or the other")
	}
	if c.http == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 256
		t.ResponseHeaderTimeout = 0
		t.DialContext = (&net.Dialer{Timeout: cmp.Or(cfg.Connect, 5*time.Second), KeepAlive: 15 * time.Second}).DialContext
		t.TLSClientConfig = &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
		if cfg.Certificate != nil {
			t.TLSClientConfig.Certificates = []tls.Certificate{*cfg.Certificate}
		}
		t.Proxy = proxyFor
		c.http = &http.Client{Transport: t}
	}
	if cfg.HTTP == nil {
		c.openHotPaths(cfg.Face)
	}
	own := *c.http // net/http would send the token after a redirect, even from https to http, as long as the host name is the same
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &own
	return c, nil
}

// proxyFor returns the environment's proxy, except for calls to this machine, which may carry the
// token in the clear.
func proxyFor(r *http.Request) (*url.URL, error) {
	if loopback(r.URL.Hostname()) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// Addresses lists the URLs that calls go to.
func (c *Client) Addresses() []string {
	list := make([]string, len(c.bases))
	for i, b := range c.bases {
		list[i] = b.String()
	}
	return list
}

// Close closes idle connections. Calls in progress continue.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	for _, p := range c.hot {
		p.Close()
	}
}

// NewRequestID makes a unique request id.
func NewRequestID() string { return strings.ToLower(rand.Text()) }

// Option changes one call.
type Option func(*call)

// RequestID sets the call's request id: for 24 hours, calls with it have at most one effect and get
// the same answer. It only affects mutations.
func RequestID(id string) Option { return func(c *call) { c.requestID = id } }

// Stale lets the node that gets the call answer from its own state, without the leader. It only
// affects reads.
func Stale() Option { return func(c *call) { c.stale = true } }

// MinIndex makes a stale read wait until the node has applied index (an answer's Index), so that
// callers can read their own writes anywhere. It implies Stale.
func MinIndex(index uint64) Option {
	return func(c *call) { c.stale, c.minIndex = true, index }
}
