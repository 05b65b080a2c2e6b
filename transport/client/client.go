package client

import (
	"crypto/rand"
	"fmt"
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
	Addresses []string      // host:port or URL, of any nodes; each call goes to the one that answered last, to the others when that fails
	Token     string        // sent as bearer token; empty = none
	Actor     string        // for the deploy history of clusters without tokens; empty = the server's default
	HTTP      *http.Client  // nil = one of its own. It must not have a Timeout shorter than the waits that are asked for
	Patience  time.Duration // how long one call is repeated after its first failure; 0 = 30 s, negative = never. The context bounds it too
}

// Client calls a cluster.
type Client struct {
	bases    []*url.URL
	token    string
	actor    string
	http     *http.Client
	patience time.Duration
	last     atomic.Uint32 // index of the base that answered last
}

// New makes a Client. It connects to nothing. The error names the address that cannot be one.
func New(cfg Config) (*Client, error) {
	c := &Client{token: cfg.Token, actor: cfg.Actor, http: cfg.HTTP, patience: cfg.Patience}
	for _, a := range cfg.Addresses {
		base, err := parseAddress(a)
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
	if c.http == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 256
		t.ResponseHeaderTimeout = 0
		t.DialContext = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext
		c.http = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return c, nil
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

func parseAddress(a string) (*url.URL, error) {
	text := strings.TrimSpace(a)
	bare := !strings.Contains(text, "://")
	if bare {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", a, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("address %q: the scheme must be http or https", a)
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || bare && u.Port() == "" {
		return nil, fmt.Errorf("address %q: want host:port or a URL such as https://host:port", a)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// Option changes one call.
type Option func(*call)

// RequestID gives the call's request id: at most one effect, and the same answer, for 24 hours. Only mutations use it.
func RequestID(id string) Option { return func(c *call) { c.requestID = id } }

// Stale lets the node that takes the call answer from its own state, without the leader. Only reads use it.
func Stale() Option { return func(c *call) { c.stale = true } }

// MinIndex makes a stale read wait until the node has applied index (an answer's Index): read your own writes anywhere. It implies Stale.
func MinIndex(index uint64) Option {
	return func(c *call) { c.stale, c.minIndex = true, index }
}
