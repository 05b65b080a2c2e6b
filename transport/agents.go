package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"

	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/mcp"
	"aion.dev/aion/transport/wire"
)

// agents serves /mcp. It lets a caller in like a route does; what the caller may do is decided by
// the routes that its tools call.
type agents struct {
	server *Server
	calls  slots
	tools  func() http.Handler // made when the first agent calls: schemas of all tools take a while
}

func newAgents(s *Server) *agents {
	return &agents{server: s, calls: slots{what: "messages of agents", limit: s.cfg.Limits.Agents}, tools: sync.OnceValue(func() http.Handler {
		return mcp.New(mcp.Config{
			API: s, Version: s.cfg.Version, MaxBody: s.cfg.Limits.AgentBytes,
			Grant: func(r *http.Request) mcp.Grant {
				who, err := s.identify(r)
				switch {
				case err != nil:
					return mcp.Looks
				case who.allowed != nil:
					return mcp.Tries
				case !who.acts():
					return mcp.Looks
				}
				return mcp.Acts
			},
		})
	})}
}

// acts reports whether a caller may change anything. What, the routes decide.
func (c *caller) acts() bool {
	for _, k := range []grant.Kind{grant.Start, grant.Signal, grant.Work, grant.Deploy, grant.Operate} {
		if c.reach(k) != nil {
			return true
		}
	}
	return false
}

// ServeHTTP implements http.Handler.
func (a *agents) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := a.server
	if rec, ok := w.(*recorder); ok {
		rec.operation = "mcp"
	}
	who, err := s.identify(r)
	if err != nil {
		if p := wire.Of(err); p.Code == "unauthenticated" {
			s.denials.deny(w, r, "", p)
		} else {
			writeProblem(w, p)
		}
		return
	}
	if !who.open {
		connectionOf(r).markProven()
	} else {
		r.Header.Set(wire.HeaderActor, who.name) // the tools' calls have no address to name a caller by
	}
	release, err := a.calls.acquire()
	if err != nil {
		writeProblem(w, wire.Of(err))
		return
	}
	defer release()
	body, reserved, err := s.readMessage(r.Context(), r)
	defer func() { s.memory.Give(reserved) }()
	if err != nil {
		writeProblem(w, wire.Of(err))
		return
	}
	connectionOf(r).markProven()
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	a.tools().ServeHTTP(w, r)
}

// readMessage reads a message of an agent. It reserves memory as the message arrives, because a
// length is only a claim, and may be missing; what it returns as reserved is what the message
// holds until it is answered. A message that is too large is left to the protocol's own handler to
// refuse: one byte more than is allowed is read of it.
func (s *Server) readMessage(ctx context.Context, r *http.Request) (body []byte, reserved int64, err error) {
	most := s.cfg.Limits.AgentBytes + 1
	if n := r.ContentLength; n >= 0 && n < most {
		most = n + 1
	}
	for size := min(most, firstRead); ; size = min(2*size, most) {
		if err := s.memory.Take(ctx, size-reserved); err != nil {
			return nil, reserved, err
		}
		reserved = size
		body = append(make([]byte, 0, size), body...)
		for len(body) < cap(body) {
			n, err := r.Body.Read(body[len(body):cap(body)])
			switch body = body[:len(body)+n]; {
			case err == io.EOF:
				left := reserved - int64(len(body))
				s.memory.Give(left)
				return body, reserved - left, nil
			case err != nil:
				return nil, reserved, unread(err)
			}
		}
		if size == most {
			return body, reserved, nil
		}
	}
}
