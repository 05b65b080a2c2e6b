package mcp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/google/uuid"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// maxAnswer bounds what one call may answer: more is no use to a model.
const maxAnswer = 4 << 20

// call is one call of the API.
type call struct {
	method string
	path   []string // segments behind /v1
	query  url.Values
	body   any    // JSON, or bytes as they are; nil = none
	key    string // request id of a change; empty = a new one
	text   bool   // the answer is text, not JSON
}

// answered is what a call came to.
type answered struct {
	status int
	body   []byte
}

func (a answered) failed() bool { return a.status >= http.StatusBadRequest }

// patience is how long a call is repeated that did not happen and may go through in a moment, as
// while a new leader is elected. It keeps its request id.
const patience = 5 * time.Second

// do makes a call as whoever sent the message with this header.
func (t *tools) do(ctx context.Context, from http.Header, c call) (a answered, err error) {
	c.key = cmp.Or(c.key, uuid.NewString())
	for until := time.Now().Add(patience); ; {
		if a, err = t.once(ctx, from, c); err != nil || !a.again() || time.Now().After(until) {
			return a, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return a, ctx.Err()
		}
	}
}

// again reports whether the same call may go through in a moment.
func (a answered) again() bool {
	var p wire.Problem
	return a.status == http.StatusServiceUnavailable && json.Unmarshal(a.body, &p) == nil && p.Outcome == wire.Retry
}

// once makes one attempt.
func (t *tools) once(ctx context.Context, from http.Header, c call) (answered, error) {
	target := "http://localhost/v1"
	for _, segment := range c.path {
		target += "/" + url.PathEscape(segment)
	}
	if len(c.query) > 0 {
		target += "?" + c.query.Encode()
	}
	body, isBytes := c.body.([]byte)
	if c.body != nil && !isBytes {
		var err error
		if body, err = json.Marshal(c.body); err != nil {
			return answered{}, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, c.method, target, bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	r.RequestURI = r.URL.RequestURI()
	for _, name := range []string{"Authorization", wire.HeaderActor, wire.HeaderNamespace} {
		if v := from.Values(name); len(v) > 0 {
			r.Header[name] = v
		}
	}
	if c.method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(wire.HeaderRequestID, c.key)
	}
	w := &memory{header: http.Header{}, status: http.StatusOK}
	t.api.ServeHTTP(w, r)
	if w.full {
		return answered{}, fmt.Errorf("the answer has more than %d bytes: ask for less, by limit or a cursor", maxAnswer)
	}
	return answered{w.status, w.body.Bytes()}, ctx.Err()
}

// memory is a ResponseWriter that keeps an answer.
type memory struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
	full   bool
}

func (m *memory) Header() http.Header { return m.header }

func (m *memory) WriteHeader(status int) {
	if !m.wrote && status >= 200 {
		m.status, m.wrote = status, true
	}
}

var errFull = errors.New("the answer is too large")

func (m *memory) Write(b []byte) (int, error) {
	m.wrote = true
	if m.body.Len()+len(b) > maxAnswer {
		m.full = true
		return 0, errFull
	}
	return m.body.Write(b)
}

// result is what an agent gets of an answer: the JSON of the API as it is.
func result(a answered, text bool) *mcp.CallToolResult {
	r := &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: strings.TrimSpace(string(a.body))}}, IsError: a.failed()}
	if !text && !a.failed() && json.Valid(a.body) {
		r.StructuredContent = json.RawMessage(a.body)
	}
	return r
}
