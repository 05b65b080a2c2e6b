package mcp

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// tools adds tools to a server.
type tools struct {
	server *mcp.Server
	api    http.Handler
}

// The effects of a tool, as hints for whoever lets a model call it.
const (
	reads    = iota
	adds     // changes something, and takes nothing away
	destroys // ends or replaces something
)

func annotations(title string, effect int) *mcp.ToolAnnotations {
	closed, no, yes := false, false, true
	a := &mcp.ToolAnnotations{Title: title, ReadOnlyHint: effect == reads, IdempotentHint: effect == reads, OpenWorldHint: &closed, DestructiveHint: &no}
	if effect == destroys {
		a.DestructiveHint = &yes
	}
	return a
}

// one adds a tool that is one call.
func one[In any](t *tools, name, title string, effect int, does string, ask func(In) call) {
	several(t, name, title, effect, does, func(ctx context.Context, header http.Header, in In) (answered, bool, error) {
		c := ask(in)
		a, err := t.do(ctx, header, c)
		return a, c.text, err
	})
}

// several adds a tool that makes its calls itself, and answers with one of their answers; text says
// that it is no JSON.
func several[In any](t *tools, name, title string, effect int, does string, run func(context.Context, http.Header, In) (a answered, text bool, err error)) {
	mcp.AddTool(t.server, &mcp.Tool{Name: name, Title: title, Description: does, Annotations: annotations(title, effect)},
		func(ctx context.Context, r *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
			var header http.Header
			if r.Extra != nil {
				header = r.Extra.Header
			}
			a, text, err := run(ctx, header, in)
			if err != nil {
				return nil, nil, err // told to the model as the tool's failure
			}
			return result(a, text), nil, nil
		})
}

// query returns the parameters that are not empty.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
