package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// onBothFaces runs a test over HTTP and over the hot face. caller and send, in a test so named, use
// the hot face for what it has.
func onBothFaces(t *testing.T, test func(t *testing.T)) {
	t.Run("http", test)
	t.Run("hot", test)
}

func faceOf(t testing.TB) client.Face {
	if parts := strings.Split(t.Name(), "/"); len(parts) > 1 && parts[1] == "hot" {
		return client.FaceHot
	}
	return client.FaceHTTP
}

// asHot returns a call over HTTP as one of the hot face; nil if that has no such call.
func asHot(t testing.TB, method, path, body string) *pb.Call {
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > hot.MaxCall-64<<10 {
		return nil // as package client does
	}
	c := &pb.Call{Body: []byte(body)}
	for name, values := range u.Query() {
		switch {
		case len(values) != 1 || values[0] == "":
			return nil
		case name == "wait":
			c.Wait = values[0]
		case name == "run_id":
			c.RunId = values[0]
		case name == "consistency" && values[0] == "stale":
			c.Stale = true
		case name == "min_index":
			if c.MinIndex, err = strconv.ParseUint(values[0], 10, 64); err != nil {
				return nil
			}
		default:
			return nil
		}
	}
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/v1/"), "/")
	for i, s := range segments {
		if segments[i], err = url.PathUnescape(s); err != nil || segments[i] == "" {
			return nil
		}
	}
	key := method + " " + segments[0]
	if len(segments) > 1 && segments[0] != "tasks" {
		c.Target = segments[1]
		segments = segments[1:]
	}
	if len(segments) > 1 {
		key += " " + segments[1]
	}
	if len(segments) > 2 {
		c.Name = segments[2]
	}
	c.Operation = map[string]pb.Operation{
		"POST workflows": pb.Operation_START, "GET workflows result": pb.Operation_RESULT, "GET workflows": pb.Operation_DESCRIBE,
		"POST workflows queries": pb.Operation_QUERY, "POST workflows signals": pb.Operation_SIGNAL, "POST workflows cancel": pb.Operation_CANCEL,
		"POST workflows terminate": pb.Operation_TERMINATE, "POST queues poll": pb.Operation_POLL, "POST tasks complete": pb.Operation_COMPLETE,
		"POST tasks fail": pb.Operation_FAIL, "POST tasks heartbeat": pb.Operation_HEARTBEAT, "POST tasks release": pb.Operation_RELEASE,
	}[key]
	if c.Operation == 0 || (c.Operation == pb.Operation_START) != (c.Target == "" && segments[0] == "workflows") || method == "GET" && body != "" {
		return nil
	}
	return c
}

// sendHot makes a call of HTTP over the hot face, and returns its answer as one of HTTP.
func (h *host) sendHot(ctx context.Context, t testing.TB, c *pb.Call, headers http.Header) reply {
	t.Helper()
	header := http.Header{}
	target := hot.Target{Address: h.Listener.Addr().String(), Header: func() http.Header { return header }}
	for name, values := range headers {
		switch name {
		case wire.HeaderRequestID:
			c.RequestId = values[0]
		case wire.HeaderGenerated:
			c.Generated = values[0] == "true"
		default:
			header[name] = values
		}
	}
	link, err := hot.Dial(ctx, target)
	var p *wire.Problem
	if errors.As(err, &p) {
		return replyOf(t, &pb.Answer{Problem: hot.FromProblem(p)})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	a, err := link.Do(ctx, c)
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return replyOf(t, a)
}

func replyOf(t testing.TB, a *pb.Answer) reply {
	t.Helper()
	r := reply{status: int(a.Status), header: http.Header{}, body: string(bytes.TrimSpace(a.Body))}
	set := func(name, value string) {
		if value != "" {
			r.header.Set(name, value)
		}
	}
	set(wire.HeaderNode, a.Node)
	set(wire.HeaderLeaderContact, a.LeaderContact)
	if a.Index > 0 {
		set(wire.HeaderIndex, strconv.FormatUint(a.Index, 10))
	}
	if a.Problem != nil {
		p := hot.ToProblem(a.Problem)
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		r.status, r.body = p.Status, string(b)
		set("Content-Type", wire.ProblemType)
		set("Cache-Control", "no-store")
	}
	return r
}
