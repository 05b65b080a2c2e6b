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

// Outcome says what became of a call that failed.
type Outcome string

// The outcomes.
const (
	Rejected Outcome = "rejected" // it did not happen
	Retry    Outcome = "retry"    // it did not happen; the same call may succeed a moment later, here or on another node
	Unknown  Outcome = "unknown"  // it may have happened; the same call with the same request id tells which
)

// Problem is an error as it crosses the network (RFC 9457). It is an error itself: use errors.As to
// get at Code and Outcome.
type Problem struct {
	Status  int
	Code    string
	Title   string
	Detail  string
	Outcome Outcome
	Hint    string         // what to do about it, for people; may be empty
	Facts   map[string]any // the nouns that caused it; further members of the JSON object. Numbers are json.Number after decoding
}

// Error is "code: detail".
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType says which media type a Problem is sent as.
func (p *Problem) ContentType(string) string { return ProblemType }

// Fact decodes one fact into v, as json.Unmarshal would. It reports whether the fact is there and
// has that shape.
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

// UnmarshalJSON is the reverse of MarshalJSON.
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
	*p = Problem{h.Status, h.Code, h.Title, h.Detail, h.Outcome, h.Hint, facts}
	return nil
}

// ParseProblem reads the body of an answer whose status is no success. An answer that is no problem
// document, as a proxy in between may give, becomes one: what it means for a mutation cannot be
// known then, unless the status says that nobody took the call.
func ParseProblem(status int, body []byte) *Problem {
	var p Problem
	if err := json.Unmarshal(body, &p); err == nil && p.Code != "" {
		return &p
	}
	code := "internal"
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		code = "unavailable"
	}
	detail := fmt.Sprintf("the answer has status %d and is no problem document", status)
	if text := strings.TrimSpace(string(body[:min(len(body), 200)])); text != "" {
		detail += ": " + text
	}
	q := New(code, detail)
	q.Status = status
	return q
}
