package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/transport/wire"
)

// A busy cluster serves a few routes so often that it matters what huma's reflection costs. Their
// inputs have a method take, which reads the parameters directly, and so their answers are written
// directly, too. A call that take does not find in perfect order goes the way of all other routes:
// whatever there is to say about it, huma says it. So there is one form of every refusal.
//
// TestDirect compares both ways, byte by byte.

// taker is the input of a route that is served directly. take reads every parameter that the input
// has, but none of the headers, which the gate and the exchange read themselves.
type taker interface{ take(*given) }

// given are the parameters of a call.
type given struct {
	x     *exchange
	taken int  // parameters of the query that were read
	odd   bool // something is not in order: huma says what
}

// path returns a parameter of the path.
func (g *given) path(name string) string {
	v := g.x.r.PathValue(name)
	g.odd = g.odd || v == ""
	return v
}

// text returns a parameter of the query; empty = absent.
func (g *given) text(name string) string {
	values := g.x.query[name]
	if len(values) == 0 {
		return ""
	}
	g.taken++
	g.odd = g.odd || values[0] == ""
	return values[0]
}

// word returns a parameter of the query that is one of a few words.
func (g *given) word(name string, words ...string) string {
	v := g.text(name)
	g.odd = g.odd || v != "" && !slices.Contains(words, v)
	return v
}

// number returns a parameter of the query that is a number.
func (g *given) number(name string) uint64 {
	v := g.text(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseUint(v, 10, 64)
	g.odd = g.odd || err != nil
	return n
}

func (g *given) fresh() Fresh {
	return Fresh{Consistency: g.word("consistency", "linearizable", "stale"), MinIndex: g.number("min_index")}
}

func (g *given) run() OfRun     { return OfRun{ID: g.path("id"), RunID: g.text("run_id")} }
func (g *given) looked() Looked { return Looked{Fresh: g.fresh(), OfRun: g.run()} }
func (g *given) waits() Waits   { return Waits{Wait: g.text("wait")} }

func (in *startInput) take(g *given)    { in.Waits = g.waits() }
func (in *resultInput) take(g *given)   { in.Watched = Watched{Looked: g.looked(), Waits: g.waits()} }
func (in *describeInput) take(g *given) { in.Looked = g.looked() }
func (in *signalInput) take(g *given)   { in.OfRun, in.Name = g.run(), g.path("name") }
func (in *pollInput) take(g *given)     { in.Queue = g.path("queue") }
func (in *tasksInput) take(*given)      {}
func (in *startManyInput) take(*given)  {}

// took reads the parameters of a call directly, and reports whether that was possible.
func (x *exchange) took(in taker) bool {
	if accept := x.r.Header["Accept"]; len(accept) > 1 || len(accept) == 1 && accept[0] != "*/*" && accept[0] != "application/json" {
		return false // huma negotiates
	}
	if strings.ContainsAny(x.r.URL.RawQuery, "%+") {
		return false // huma has a parser of its own
	}
	g := given{x: x}
	in.take(&g)
	return !g.odd && g.taken == len(x.query)
}

// writer is the answer of a route that is served directly. Status 0 means that of the route.
type writer interface {
	parts() (status int, index uint64, contact string, body any)
}

func (a *answer[T]) parts() (int, uint64, string, any) { return 0, a.Index, a.LeaderContact, &a.Body }

func (a *resultAnswer) parts() (int, uint64, string, any) {
	return a.Status, a.Index, a.LeaderContact, &a.Body
}

// direct returns how a route is served: directly if its input is a taker, and otherwise by huma.
func direct[I, O any](r *route, handler func(context.Context, *I) (*O, error), generic server) server {
	if _, ok := any(new(I)).(taker); !ok {
		return generic
	}
	_ = any(new(O)).(writer) // or New panics
	return func(ctx context.Context, x *exchange) {
		in := new(I)
		if !x.took(any(in).(taker)) {
			generic(ctx, x)
			return
		}
		out, err := called(ctx, in, handler)
		if err != nil {
			writeProblem(x.w, x.problem(err))
			return
		}
		x.answer(any(out).(writer))
	}
}

// answer writes an answer as huma would.
func (x *exchange) answer(out writer) {
	status, index, contact, body := out.parts()
	switch {
	case status == 0 && x.route.status == 0:
		status = http.StatusOK
	case status == 0:
		status = x.route.status
	}
	h := x.w.Header()
	h[wire.HeaderIndex] = []string{strconv.FormatUint(index, 10)}
	if contact != "" {
		h[wire.HeaderLeaderContact] = []string{contact}
	}
	h["Content-Type"] = jsonType
	x.w.WriteHeader(status)
	e := json.NewEncoder(x.w) // which writes all of it at once, or nothing
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil && x.r.Context().Err() == nil {
		panic(err)
	}
}

var jsonType = []string{"application/json"}
