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
)

// DefaultAddress is where a node listens that was not told otherwise.
const DefaultAddress = "127.0.0.1:7600"

// Config says where the cluster is and who calls. The zero value calls DefaultAddress.
type Config struct {
	// Addresses are host:port or URL, of any nodes; each call goes to the one that answered last,
	// to the others when that fails. A bare host:port is HTTPS if it is beyond loopback and there
	// is a Token or RootCAs, else plain HTTP.
	Addresses []string
	Token     string         // sent as bearer token; empty = none
	RootCAs   *x509.CertPool // that nodes' certificates descend from; nil = the system's. Not with HTTP
	Actor     string         // for the deploy history of clusters without tokens; empty = the server's default
	HTTP      *http.Client   // nil = one of its own. It must not have a Timeout shorter than the waits that are asked for; redirects are not followed
	Patience  time.Duration  // how long one call is repeated after its first failure; 0 = 30 s, negative = never. The context bounds it too

	// Connect bounds how long it takes to connect to one node, and how long a call is repeated
	// while no connection to any comes about; 0 = 5 s and Patience. A call by a person is better
	// told soon.
	Connect time.Duration
	// Waiting is called, once, when a call has waited a second without reaching a node. Nil =
	// nobody.
	Waiting func(addresses []string)
	// Silent is called when a node takes connections and answers nothing, not even whether it
	// lives: it, or its machine, is frozen. A call goes on at the next address then; of one alone
	// it waits for the answer. Nil = nobody.
	Silent func(address string)
}

// Client calls a cluster.
type Client struct {
	bases    []*url.URL
	token    string
	actor    string
	http     *http.Client
	patience time.Duration
	connect  time.Duration // see Config; 0 = as patience
	notice   waitNotice
	silent   func(address string)
	last     atomic.Uint32 // index of the base that answered last
}

// New makes a Client. It connects to nothing. The error names the address that cannot be one.
func New(cfg Config) (*Client, error) {
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token has a character that is no visible ASCII, such as a line break at its end") // and is not shown
	}
	c := &Client{token: cfg.Token, actor: cfg.Actor, http: cfg.HTTP, patience: cfg.Patience, connect: cfg.Connect}
	c.notice.say, c.silent = cfg.Waiting, cfg.Silent
	for _, a := range cfg.Addresses {
		base, err := parseAddress(a, cfg.Token != "" || cfg.RootCAs != nil)
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
	if c.http != nil && cfg.RootCAs != nil {
		return nil, errors.New("client: Config has HTTP, so its RootCAs say nothing: give one or the other")
	}
	if c.http == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 256
		t.ResponseHeaderTimeout = 0
		t.DialContext = (&net.Dialer{Timeout: cmp.Or(cfg.Connect, 5*time.Second), KeepAlive: 15 * time.Second}).DialContext
		t.TLSClientConfig = &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
		t.Proxy = proxyFor
		c.http = &http.Client{Transport: t}
	}
	own := *c.http // net/http would send the token after a redirect, from https to http too, as long as the host's name is the same
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &own
	return c, nil
}

// proxyFor is the environment's proxy, but never for calls to this machine: they may carry the
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

// Close lets go of idle connections. Calls under way go on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// NewRequestID makes a request id that nobody else makes.
func NewRequestID() string { return strings.ToLower(rand.Text()) }

// Option changes one call.
type Option func(*call)

// RequestID gives the call's request id: at most one effect, and the same answer, for 24 hours.
// Only mutations use it.
func RequestID(id string) Option { return func(c *call) { c.requestID = id } }

// Stale lets the node that takes the call answer from its own state, without the leader. Only reads
// use it.
func Stale() Option { return func(c *call) { c.stale = true } }

// MinIndex makes a stale read wait until the node has applied index (an answer's Index): read your
// own writes anywhere. It implies Stale.
func MinIndex(index uint64) Option {
	return func(c *call) { c.stale, c.minIndex = true, index }
}
