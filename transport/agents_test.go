package transport_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// agent connects to a host as an agent with this token does.
func agent(t *testing.T, h *host, token string) *mcp.ClientSession {
	t.Helper()
	c := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil)
	s, err := c.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: h.URL + "/mcp", HTTPClient: &http.Client{Transport: bearer(token)}, DisableStandaloneSSE: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// bearer adds a token to each call; empty = none.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// use calls a tool and returns its answer, and whether it failed.
func use(t *testing.T, s *mcp.ClientSession, tool string, args any) (answer any, failed bool) {
	t.Helper()
	r, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	text := r.Content[0].(*mcp.TextContent).Text
	if json.Unmarshal([]byte(text), &answer) != nil {
		return text, r.IsError
	}
	return answer, r.IsError
}

// TestAgentsExample plays the worked example of docs/AGENTS.md, through a follower.
func TestAgentsExample(t *testing.T) {
	page, err := os.ReadFile("../docs/AGENTS.md")
	if err != nil {
		t.Fatal(err)
	}
	n := enginetest.New(t)
	th := &throne{}
	listen(t, n, th, "n1").lead()
	s := agent(t, listen(t, n, th, "n2"), "")
	steps := regexp.MustCompile("(?s)\n`([a-z_]+)`\n```json\n(.*?)\n```\n```json\n(.*?)\n```\n").FindAllStringSubmatch(string(page), -1)
	if len(steps) < 8 {
		t.Fatalf("the page has %d steps", len(steps))
	}
	version := ""
	for i, step := range steps {
		known := strings.NewReplacer("$version", version)
		var args, want any
		for at, part := range []*any{&args, &want} {
			if err := json.Unmarshal([]byte(known.Replace(step[2+at])), part); err != nil {
				t.Fatalf("step %d, %s: %v", i+1, step[1], err)
			}
		}
		got, failed := use(t, s, step[1], args)
		_, wantsFailure := want.(map[string]any)["code"]
		if failed != wantsFailure || !contains(got, want) {
			t.Fatalf("step %d, %s answers %v (failed %v), want %v", i+1, step[1], got, failed, want)
		}
		if v, ok := got.(map[string]any)["version"].(string); ok {
			version = v
		}
	}
}

// contains reports whether all that want says is in got; "…" is anything.
func contains(got, want any) bool {
	if want == "…" {
		return got != nil
	}
	w, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(got, want)
	}
	g, ok := got.(map[string]any)
	for k, v := range w {
		ok = ok && contains(g[k], v)
	}
	return ok
}

// TestAgentsTokens: who has no token gets nothing, a token that may only read gets no tool that
// changes something, and cannot call one by its name; the history names the token.
func TestAgentsTokens(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) {
		cfg.Tokens = []transport.Token{{Name: "agent", Secret: "secret-of-agent"}, {Name: "viewer", Secret: "secret-of-viewer", ReadOnly: true}}
	}).lead()
	for _, header := range []string{"Authorization: ", "Authorization: Bearer wrong"} {
		r := h.send(t, "POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, header)
		if p := r.problem(t); p.Code != "unauthenticated" {
			t.Errorf("%q: %v", header, p)
		}
	}
	names := func(s *mcp.ClientSession) (names, writing []string) {
		list, err := s.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range list.Tools {
			names = append(names, tool.Name)
			if !tool.Annotations.ReadOnlyHint {
				writing = append(writing, tool.Name)
			}
		}
		return names, writing
	}
	all, writing := names(agent(t, h, "secret-of-agent"))
	reading := agent(t, h, "secret-of-viewer")
	some, none := names(reading)
	lacks := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(some, name) })
	// compiling takes one of the few places of deploys
	if want := append([]string{"backtest", "backtest_result", "check", "plan"}, writing...); len(none) > 0 || !slices.Equal(slices.Sorted(slices.Values(want)), lacks) || !slices.Contains(writing, "deploy") {
		t.Errorf("a token that may only read gets %v, the other one also %v", some, writing)
	}
	if _, err := reading.CallTool(t.Context(), &mcp.CallToolParams{Name: "unload", Arguments: map[string]any{"type": "order", "version": "abcdef"}}); err == nil {
		t.Error("a token that may only read called a tool that it does not get")
	}
	if got, failed := use(t, agent(t, h, "secret-of-agent"), "deploy", with(projectOf("return 1"), "route", true)); failed {
		t.Fatalf("deploy: %v", got)
	}
	got, _ := use(t, reading, "list_deploys", map[string]any{})
	if text := fmt.Sprint(got); !strings.Contains(text, "actor:agent") {
		t.Errorf("the deploy history does not name the token: %s", text)
	}
}

func projectOf(body string) map[string]any {
	return map[string]any{"files": map[string]any{"workflow.toml": "[[workflow]]\nentry_module = \"order\"\n", "order.star": "def run(ctx, input):\n    " + body + "\n"}}
}

func with(m map[string]any, name string, v any) map[string]any {
	m[name] = v
	return m
}

// TestAgentsMistakes: what a model may get wrong is told as a refusal that names it, and changes
// nothing; a change that is repeated under its request id happens once.
func TestAgentsMistakes(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	s := agent(t, h, "")
	many := map[string]any{}
	for i := range 501 {
		many[fmt.Sprint("f", i, ".star")] = ""
	}
	for _, c := range []struct {
		tool  string
		args  map[string]any
		wants string
	}{
		{"check", map[string]any{"files": map[string]any{}}, "files: are 0; 1 to 500 are allowed"},
		{"check", map[string]any{"files": many}, "files: are 501"},
		{"check", map[string]any{"files": map[string]any{"../../etc/x.star": "", "workflow.toml": ""}}, "is no name of a file within the project"},
		{"check", map[string]any{"files": map[string]any{"/etc/x.star": "", "workflow.toml": ""}}, "is no name of a file within the project"},
		{"check", map[string]any{"files": map[string]any{"a": "", "a/b.star": "", "workflow.toml": ""}}, "cannot be a file of the project"},
		{"check", map[string]any{"files": map[string]any{"order.star": "def run(ctx, input): pass"}}, "workflow.toml"},
		{"check", projectOf("return ctx.nothing()("), "order.star:3"},
		{"deploy", map[string]any{"files": map[string]any{"workflow.toml": ""}, "route": true}, "invalid_package"},
		{"start_run", map[string]any{"type": "nobody"}, "unknown_workflow_type"},
		{"start_run", map[string]any{"type": ""}, "invalid_input"},
		{"describe_run", map[string]any{"workflow_id": "no/such run"}, "character '/'"},
		{"read_module", map[string]any{"type": "order", "version": "abcdef", "module": "x"}, "unknown_version"},
		{"signal_run", map[string]any{"workflow_id": "nobody", "name": "s"}, "not_found"},
		{"run_history", map[string]any{"workflow_id": "nobody", "limit": -1}, "limit"},
		{"guide", map[string]any{"topic": "../AGENTS"}, "topic"},
		{"new_project", map[string]any{"name": "../x"}, "name"},
	} {
		got, failed := use(t, s, c.tool, c.args)
		if text := fmt.Sprint(got); !failed || !strings.Contains(text, c.wants) {
			t.Errorf("%s %.80v: %s, failed %v; want %q", c.tool, c.args, text, failed, c.wants)
		}
	}
	deploy := with(with(projectOf("return 1"), "route", true), "request_id", "mine")
	for i := range 2 {
		got, failed := use(t, s, "deploy", deploy)
		if again, _ := got.(map[string]any)["deduplicated"].(bool); failed || again != (i == 1) {
			t.Errorf("attempt %d: %v", i+1, got)
		}
	}
	for _, topic := range []string{"", "agents", "workflows", "testing", "package", "determinism"} {
		if got, failed := use(t, s, "guide", map[string]any{"topic": topic}); failed || !strings.HasPrefix(fmt.Sprint(got), "# ") {
			t.Errorf("guide %q: %.80v", topic, got)
		}
	}
}
