package port

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// newServer serves POST /call/{name} and the patterns of HandleHTTP. Its connections come through
// the port's own listener, which has already proved (with TLS) that the other side is a node.
func (p *Port) newServer() *http.Server {
	p.mux.HandleFunc("POST /call/{name}", p.answer)
	return &http.Server{
		Handler: p.counted(p.mux),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, fromKey{}, c.(*conn).from)
		},
		ReadHeaderTimeout: p.cfg.FirstBytes,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          p.cfg.Logger.Named("node-http").StandardLogger(nil),
	}
}

// counted lets Close wait for handlers, which http.Server's Close does not.
func (p *Port) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			WriteError(w, ErrClosing)
			return
		}
		p.parts.Add(1)
		p.mu.Unlock()
		defer p.parts.Done()
		h.ServeHTTP(w, r)
	})
}

func (p *Port) newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				to, err := readHost(address)
				if err != nil {
					return nil, &notSent{err}
				}
				c, err := p.dial(ctx, to, streamHTTP)
				if err != nil {
					return nil, &notSent{err}
				}
				return c, nil
			},
			DisableCompression:  true,
			MaxConnsPerHost:     64,
			MaxIdleConnsPerHost: 4,
			// shorter than the server's, so that a call rarely meets a connection that is being
			// closed
			IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// host returns the name under which net/http pools connections to a node. It contains everything
// that the preamble contained. So a connection to another id at the same address, or one from
// before this node belonged to its cluster, is never reused.
func (p *Port) host(to Server) string {
	return hex.EncodeToString(fmt.Appendf(nil, "%s\n%s\n%s", to.ID, to.Address, p.cfg.Self().Cluster)) + ":1"
}

// readHost is the reverse of host.
func readHost(host string) (to Server, err error) {
	b, err := hex.DecodeString(strings.TrimSuffix(host, ":1"))
	parts := strings.Split(string(b), "\n")
	if err != nil || len(parts) != 3 {
		return to, fmt.Errorf("%q does not name a node", host)
	}
	return Server{ID: parts[0], Address: parts[1]}, nil
}

// Request creates a request to another node, to be sent by Do. It is for transfers whose bodies are
// too large for a call.
func (p *Port) Request(ctx context.Context, method string, to Server, path string, body io.Reader) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, method, "http://"+p.host(to)+path, body)
}

// Do sends a request created by Request.
func (p *Port) Do(req *http.Request) (*http.Response, error) { return p.client.Do(req) }

// HandleHTTP registers a handler by pattern, for nodes that may call what. All handlers are
// registered before Serve.
func (p *Port) HandleHTTP(pattern, what string, h http.HandlerFunc) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := fromOf(r).MayCall(what, p.cfg.Self()); err != nil {
			WriteError(w, err)
			return
		}
		h(w, r)
	})
}

// fromOf returns the node that sent a request.
func fromOf(r *http.Request) Introduction {
	from, _ := r.Context().Value(fromKey{}).(Introduction)
	return from
}

type fromKey struct{}

// notSent is an error that occurred before anything of a request left this machine.
type notSent struct{ err error }

func (e *notSent) Error() string { return e.err.Error() }
func (e *notSent) Unwrap() error { return e.err }
