package transport

import (
	"net/http"
	"sync"

	"aion.dev/aion/transport/mcp"
	"aion.dev/aion/transport/wire"
)

// maxMessage bounds a message of an agent, which may contain a project's files.
const maxMessage = 4 << 20

// agentCalls bounds the messages of agents that are served at a time: each may hold a message and
// an answer of that size.
const agentCalls = 64

// agents serves /mcp. It lets a caller in like a route does; what the caller may do is decided by
// the routes that its tools call.
type agents struct {
	server *Server
	calls  slots
	tools  func() http.Handler // made when the first agent calls: schemas of all tools take a while
}

func newAgents(s *Server) *agents {
	return &agents{server: s, calls: slots{what: "messages of agents", limit: agentCalls}, tools: sync.OnceValue(func() http.Handler {
		return mcp.New(mcp.Config{
			API: s, Version: s.cfg.Version, MaxBody: maxMessage,
			MayChange: func(r *http.Request) bool {
				who, err := s.tokens.identify(r)
				return err == nil && !who.readOnly
			},
		})
	})}
}

// ServeHTTP implements http.Handler.
func (a *agents) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := a.server
	if rec, ok := w.(*recorder); ok {
		rec.operation = "mcp"
	}
	who, err := s.tokens.identify(r)
	if err != nil {
		if p := wire.Of(err); p.Code == "unauthenticated" {
			s.denials.deny(w, r, "", p)
		} else {
			writeProblem(w, p)
		}
		return
	}
	if len(s.tokens) > 0 {
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
	size := int64(maxMessage)
	if n := r.ContentLength; n >= 0 && n < size {
		size = n
	}
	if err := s.memory.Take(r.Context(), size); err != nil {
		writeProblem(w, wire.Of(err))
		return
	}
	defer s.memory.Give(size)
	a.tools().ServeHTTP(w, r)
}
