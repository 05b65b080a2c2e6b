package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// Outcome says whether a failed call took effect.
type Outcome string

// The outcomes.
const (
	Rejected Outcome = "rejected" // it did not happen
	Retry    Outcome = "retry"    // it did not happen; the same call may succeed a moment later, here or on another node
	Unknown  Outcome = "unknown"  // it may have happened; the same call with the same request id finds out
)

// Problem is an error as it crosses the network (RFC 9457). It implements error: use errors.As to
// get Code and Outcome.
type Problem struct {
	Status  int
	Code    string
	Title   string
	Detail  string
	Outcome Outcome
	Hint    string         // what people can do about it; may be empty
	Facts   map[string]any // details of the error; further members of the JSON object. Numbers are json.Number after decoding

	cause error
}

// Cause is the refusal that Of made p of; nil = it was made of none.
func (p *Problem) Cause() error { return p.cause }

// Uncaused forgets the cause.
func (p *Problem) Uncaused() { p.cause = nil }

// Error is "code: detail".
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of a Problem.
func (p *Problem) ContentType(string) string { return ProblemType }

// Fact decodes one fact into v, like json.Unmarshal. It reports whether the fact exists and has
// that shape.
func (p *Problem) Fact(name string, v any) bool {
	fact, ok := p.Facts[name]
	if !ok {
		return false
	}
	b, err := json.Marshal(fact)
	return err == nil && json.Unmarshal(b, v) == nil
}

// With returns a copy with one more fact.
func (p *Problem) With(name string, value any) *Problem {
	c := *p
	c.Facts = maps.Clone(p.Facts)
	if c.Facts == nil {
		c.Facts = map[string]any{}
	}
	c.Facts[name] = value
	return &c
}

// head is the part of a Problem that every answer has.
type head struct {
	Status  int     `json:"status"`
	Code    string  `json:"code"`
	Title   string  `json:"title"`
	Detail  string  `json:"detail"`
	Outcome Outcome `json:"outcome"`
	Hint    string  `json:"hint,omitempty"`
}

var reserved = []string{"type", "instance", "status", "code", "title", "detail", "outcome", "hint"}

// MarshalJSON writes the head, then the facts in alphabetical order. A fact cannot displace a
// member of the head.
func (p *Problem) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(head{p.Status, p.Code, p.Title, p.Detail, p.Outcome, p.Hint})
	if err != nil {
		return nil, err
	}
	facts := maps.Clone(p.Facts)
	for _, name := range reserved {
		delete(facts, name)
	}
	if len(facts) == 0 {
		return b, nil
	}
	more, err := json.Marshal(facts)
	if err != nil {
		return nil, err
	}
	b[len(b)-1] = ','
	return append(b, more[1:]...), nil
}

// UnmarshalJSON reverses MarshalJSON.
func (p *Problem) UnmarshalJSON(b []byte) error {
	var h head
	if err := json.Unmarshal(b, &h); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var facts map[string]any
	if err := d.Decode(&facts); err != nil {
		return err
	}
	maps.DeleteFunc(facts, func(name string, _ any) bool { return slices.Contains(reserved, name) })
	if len(facts) == 0 {
		facts = nil
	}
	*p = Problem{h.Status, h.Code, h.Title, h.Detail, h.Outcome, h.Hint, facts, nil}
	return nil
}

// ParseProblem parses the body of an unsuccessful answer. An answer that is not a problem document,
// for example from a proxy, is converted to one: then it is unknown whether a mutation took effect,
// unless the status says that no node accepted the call.
func ParseProblem(status int, body []byte) *Problem {
	var p Problem
	if err := json.Unmarshal(body, &p); err == nil && p.Code != "" {
		return &p
	}
	code := "internal"
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		code = "unavailable"
	}
	detail := fmt.Sprintf("the answer has status %d and is not a problem document", status)
	if text := strings.TrimSpace(string(body[:min(len(body), 200)])); text != "" {
		detail += ": " + text
	}
	q := New(code, detail)
	q.Status = status
	return q
}
