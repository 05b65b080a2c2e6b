package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// attemptTimeout bounds how long an attempt may be silent beyond the wait that it asked for: then
// the node may be cut off, and the attempt ends. A node itself waits up to 5 s for a leader.
const attemptTimeout = 45 * time.Second

// slowTimeout is attemptTimeout for a deploy, which compiles the archive and copies it to a
// majority.
const slowTimeout = 6 * time.Minute

const maxAnswer = 256 << 20 // bytes of one answer

// call is one operation, with everything needed to send it several times.
type call struct {
	method, path string
	query        url.Values
	body         []byte
	stream       *upload // in place of body; sent once
	media        string  // of the body
	mutation     bool
	requestID    string
	generated    bool // the client generated the request id
	stale        bool
	minIndex     uint64
	wait         time.Duration // that the server was asked for
	slow         bool
	attempt      time.Duration // see Patience
	total        time.Duration // see Patience
	accept       string
	maybe        bool         // an attempt without an answer may have taken effect
	header       http.Header  // of the answer
	hot          pb.Operation // 0 = the hot face does not have it
	target, name string       // for the hot face
}

func get(path ...string) *call { return &call{method: http.MethodGet, path: join(path)} }

// change makes a mutation with a JSON body; nil = none.
func change(method string, body any, path ...string) *call {
	c := &call{method: method, path: join(path), mutation: true}
	if body != nil {
		c.setBody(body)
	}
	return c
}

func (c *call) setBody(body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("client: encode %T: %v", body, err)) // raw JSON was checked before
	}
	c.body, c.media = b, "application/json"
}

func (c *call) with(opts []Option) *call {
	for _, o := range opts {
		o(c)
	}
	return c
}

// over says what the call is on the hot face.
func (c *call) over(o pb.Operation, target, name string) *call {
	c.hot, c.target, c.name = o, target, name
	return c
}

func (c *call) set(name, value string) {
	if value == "" {
		return
	}
	if c.query == nil {
		c.query = url.Values{}
	}
	c.query.Add(name, value)
}

func (c *call) setWait(d time.Duration) {
	if d > 0 {
		c.wait = min(d, wire.MaxWait)
		c.set("wait", c.wait.String())
	}
}

func (c *call) setPage(p wire.Page) {
	if p.Limit != 0 {
		c.set("limit", strconv.Itoa(p.Limit))
	}
	c.set("cursor", p.Cursor)
}

func join(segments []string) string {
	path := ""
	for _, s := range segments {
		path += "/" + url.PathEscape(s)
	}
	return path
}

// check rejects names that cannot be part of a path, and request ids that cannot be in a header: no
// node would see either.
func (c *call) check() error {
	if c.mutation && c.requestID != "" && !wire.ValidRequestID(c.requestID) {
		return wire.New("invalid_input", fmt.Sprintf("the request id has to be 1 to %d printable ASCII characters", wire.MaxRequestID))
	}
	for _, segment := range strings.Split(c.path, "/")[1:] {
		if segment == "" || segment == "." || segment == ".." {
			return wire.New("invalid_input", fmt.Sprintf("the name %q cannot be part of the path %s", segment, c.path))
		}
	}
	return nil
}

// do sends the call until it gets an answer, and decodes that into answer (nil = nothing to
// decode).
func (c *Client) do(ctx context.Context, call *call, answer any) error {
	if err := call.check(); err != nil {
		return err
	}
	body, err := c.repeat(ctx, call)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return wire.New("internal", fmt.Sprintf("the answer to %s %s cannot be read: %v", call.method, call.path, err))
	}
	return nil
}

// attempt sends the call to one node. The error is the *wire.Problem that the node returned, or a
// *broken.
func (c *Client) attempt(ctx context.Context, base *url.URL, call *call) ([]byte, error) {
	timeout := cmp.Or(call.attempt, attemptTimeout) + call.wait
	if call.slow {
		timeout = slowTimeout
		if err := c.alive(ctx, base); err != nil {
			return nil, err
		}
	}
	sending := time.Duration(len(call.body)) * 4 * time.Microsecond // at least 250 kB/s
	ctx, cancel := context.WithTimeout(ctx, timeout+sending)
	defer cancel()
	ctx, pulse := c.feel(ctx, base, quietFirst+sending)
	defer pulse.stop()
	if body, err := c.attemptHot(ctx, base, call); err != errNotHot {
		return body, err
	}
	resp, err := c.send(ctx, base, call)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	c.hot[base].Hear(resp)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if silent := givenUp(ctx); err != nil && silent != nil {
		return nil, silent
	}
	if err != nil {
		return nil, &broken{sent: true, cause: err}
	}
	if p := misdirected(base, resp, body); p != nil {
		return nil, p
	}
	if resp.StatusCode >= 300 {
		return nil, wire.ParseProblem(resp.StatusCode, body)
	}
	call.header = resp.Header
	return body, nil
}

// send returns the response as soon as its head arrives.
func (c *Client) send(ctx context.Context, base *url.URL, call *call) (*http.Response, error) {
	body := io.Reader(bytes.NewReader(call.body))
	if call.stream != nil {
		body = call.stream
	}
	req, err := http.NewRequestWithContext(ctx, call.method, c.address(base, call), body)
	if err != nil {
		return nil, wire.New("invalid_input", err.Error())
	}
	if call.stream != nil {
		req.ContentLength = call.stream.size
	}
	if call.media != "" {
		req.Header.Set("Content-Type", call.media)
	}
	if call.accept != "" {
		req.Header.Set("Accept", call.accept)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.space != "" {
		req.Header.Set(wire.HeaderNamespace, c.space)
	}
	if c.actor != "" {
		req.Header.Set(wire.HeaderActor, c.actor)
	}
	if call.mutation && call.requestID != "" {
		req.Header[wire.RequestIDKey] = []string{call.requestID}
		if call.generated {
			req.Header.Set(wire.HeaderGenerated, "true")
		}
	}
	resp, err := c.http.Do(req)
	if silent := givenUp(ctx); err != nil && silent != nil {
		return nil, silent
	}
	if p := speaksPlainHTTP(base, err); p != nil {
		return nil, p
	}
	if p := distrusted(base, err); p != nil {
		return nil, &broken{cause: p, hopeless: true}
	}
	if c.connect > 0 && unknownName(err) { // a caller without time does not wait until a name resolves
		return nil, &broken{cause: misdirectedProblem(fmt.Sprintf("%s cannot be found: %v", base.Host, err), nameHint), hopeless: true}
	}
	if err != nil {
		if p := c.checkHTTPSOnly(ctx, base, err); p != nil {
			return nil, p
		}
		return nil, &broken{sent: !dialFailed(err), cause: err}
	}
	return resp, nil
}

func (c *Client) address(base *url.URL, call *call) string {
	query := url.Values{}
	for name, values := range call.query {
		query[name] = values
	}
	if call.stale && !call.mutation {
		query.Set("consistency", "stale")
		if call.minIndex > 0 {
			query.Set("min_index", strconv.FormatUint(call.minIndex, 10))
		}
	}
	address := base.String() + call.path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// checkJSON rejects what the caller passed as JSON if it is not JSON.
func checkJSON(field string, b []byte) error {
	if len(b) == 0 || json.Valid(b) {
		return nil
	}
	var syntax *json.SyntaxError
	detail := field + ": is not a JSON value"
	if err := json.Unmarshal(b, new(any)); errors.As(err, &syntax) {
		detail = fmt.Sprintf("%s: is not a JSON value: %v at byte %d", field, err, syntax.Offset)
	}
	p := wire.New("invalid_input", detail)
	p.Facts = map[string]any{"field": field}
	return p
}
