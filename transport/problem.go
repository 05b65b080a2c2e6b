package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// problem is a wire.Problem in the form that huma requires of errors.
type problem struct{ *wire.Problem }

// Unwrap lets errors.As find the Problem.
func (p problem) Unwrap() error { return p.Problem }

// Schema describes a problem document in /openapi.json, by its name.
func (problem) Schema(huma.Registry) *huma.Schema { return problemRef }

// GetHeaders returns the headers that go with the problem.
func (p problem) GetHeaders() http.Header { return headersOf(p.Problem) }

// headersOf returns the headers that go with a problem, in addition to its media type.
func headersOf(p *wire.Problem) http.Header {
	h := http.Header{}
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.Status == http.StatusServiceUnavailable && p.Outcome == wire.Retry {
		h.Set("Retry-After", "1")
	}
	var seconds int
	if p.Code == "resource_exhausted" && p.Fact(retryAfter, &seconds) {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	return h
}

// huma makes its errors through these variables; no other package uses huma.
func init() {
	huma.DefaultArrayNullable = false // lists are never null
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problem{problemOf(nil, status, msg, errs)}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return problem{problemOf(exchangeOf(ctx.Context()), status, msg, errs)}
	}
}

// problemOf converts what huma found wrong with parameters, or what a handler returned, into the
// one form of errors.
func problemOf(x *exchange, status int, msg string, errs []error) *wire.Problem {
	var found []*huma.ErrorDetail
	for _, err := range errs {
		d, ok := err.(*huma.ErrorDetail)
		if !ok {
			return x.problem(err)
		}
		found = append(found, d)
	}
	slices.SortStableFunc(found, func(a, b *huma.ErrorDetail) int { return strings.Compare(a.Location, b.Location) }) // huma ranges over a map
	if len(found) == 0 {
		if status >= 500 {
			return wire.New("internal", msg)
		}
		return wire.New("invalid_input", msg)
	}
	reasons := make([]string, len(found))
	for i, d := range found {
		reasons[i] = field(d) + ": " + reason(d)
	}
	p := wire.New("invalid_input", strings.Join(reasons, "; "))
	return p.With("field", field(found[0]))
}

// field returns the name of a parameter as the caller wrote it: "query.limit" is limit.
func field(d *huma.ErrorDetail) string {
	_, name, ok := strings.Cut(d.Location, ".")
	if !ok {
		return d.Location
	}
	return name
}

func reason(d *huma.ErrorDetail) string {
	if field(d) == "limit" && strings.HasPrefix(d.Message, "expected number") {
		if fmt.Sprint(d.Value) == "0" { // how many there may be differs
			return "is 0; 1 or more is allowed"
		}
		return fmt.Sprintf("is %v; 1 to %d are allowed", d.Value, wire.MaxPage)
	}
	text, _ := d.Value.(string)
	if text == "" {
		return d.Message
	}
	return fmt.Sprintf("%q: %s", clip(text), d.Message)
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}

// problem is wire.Of, for the operation at hand: a read that timed out did not change anything.
func (x *exchange) problem(err error) *wire.Problem {
	p := wire.Of(err)
	if x == nil {
		return p
	}
	if p.Code == "outcome_unknown" && !x.route.changes() && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		p = wire.New("unavailable", "the call ended before its answer was there: "+err.Error())
	}
	p = x.departProblem(p)
	if p.Code == "permission_denied" { // by what the body asks for: the gate has let the call in
		x.server.denials.hold(x.r, x.caller.name, p)
	}
	if p.Code == "internal" && x.r.Context().Err() == nil {
		x.server.log.Error("a call failed", "operation", x.route.id, "error", err)
	}
	return p
}

// refused adds to a refusal by the state machine the index at which it was given, and whether it is
// a repetition.
func refused(a engine.Answered, err error) error {
	if a.Index == 0 {
		return err
	}
	p := wire.Of(err).With("index", a.Index)
	if a.Deduplicated {
		p = p.With("deduplicated", true)
	}
	return p
}

func invalid(field, format string, args ...any) error {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// writeProblem writes a problem outside huma.
func writeProblem(w http.ResponseWriter, p *wire.Problem) {
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{"status":500,"code":"internal","title":"Something went wrong inside the node","detail":"the problem document cannot be encoded","outcome":"unknown"}`)
	}
	w.Header().Set("Content-Type", wire.ProblemType)
	maps.Copy(w.Header(), headersOf(p))
	w.WriteHeader(p.Status)
	w.Write(append(b, '\n'))
}

// notFound answers calls that no route accepts: 405 if another method would work, otherwise 404.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(probe); pattern != "" && pattern != "/" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 {
		s.nothing(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeProblem(w, wire.New("method_not_allowed", fmt.Sprintf("%s accepts %s, not %s", clip(r.URL.Path), strings.Join(allowed, ", "), clip(r.Method))))
}

func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, wire.New("not_found", "there is nothing at "+clip(r.URL.Path)).With("path", clip(r.URL.Path)))
}
