package transport_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
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

// TestAgentsUnknownMethods: a request that names no method there is, or lacks what one needs, has
// an answer of the protocol, under its id; a message without an id gets a status.
func TestAgentsUnknownMethods(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	headers := []string{"Content-Type: application/json", "Accept: application/json, text/event-stream"}
	for _, c := range []struct{ message, want string }{
		{`{"jsonrpc":"2.0","id":7,"method":"tools/nothing"}`, `{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"JSON RPC not handled: \"tools/nothing\" unsupported"}}`},
		{`{"jsonrpc":"2.0","id":"a","method":"nothing","params":{}}`, `{"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"JSON RPC not handled: \"nothing\" unsupported"}}`},
		{`{"jsonrpc":"2.0","id":8,"method":"tools/call"}`, `{"jsonrpc":"2.0","id":8,"error":{"code":-32600,"message":"invalid request: missing required \"params\""}}`},
	} {
		r := h.send(t, "POST", "/mcp", c.message, headers...)
		if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/json" || r.body != c.want {
			t.Errorf("%s: %d %s %s, want %s", c.message, r.status, r.header.Get("Content-Type"), r.body, c.want)
		}
	}
	for _, message := range []string{`{"jsonrpc":"2.0","method":"nothing"}`, `{"jsonrpc":`, `[]`} {
		if r := h.send(t, "POST", "/mcp", message, headers...); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", message, r.status, r.body)
		}
	}
	if r := h.send(t, "POST", "/mcp", `{"jsonrpc":"2.0","id":9,"method":"ping"}`, headers...); r.status != http.StatusOK || r.body != `{"jsonrpc":"2.0","id":9,"result":{}}` {
		t.Errorf("ping: %d %s", r.status, r.body)
	}
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

// TestAgentsHoldWhatArrived: a message holds memory for what has arrived of it, whatever it claims
// or leaves out, and gives it back.
func TestAgentsHoldWhatArrived(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) {
		cfg.Limits.CallMemory, cfg.Limits.Agents, cfg.Limits.AgentBytes = 2<<20, 40, 1<<20
	}).lead()
	var stalled sync.WaitGroup
	var pipes []*io.PipeWriter
	for range 30 { // each without a length, and with a few bytes of a body that does not go on
		r, w := io.Pipe()
		pipes = append(pipes, w)
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.URL+"/mcp", r)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		stalled.Go(func() {
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
		})
		if _, err := w.Write([]byte(`{"jsonrpc":`)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if got, failed := use(t, agent(t, h, ""), "check", projectOf("return 1")); failed {
			t.Fatalf("beside messages that stall: %v", got)
		}
	}
	for _, w := range pipes {
		w.CloseWithError(io.ErrUnexpectedEOF)
	}
	stalled.Wait()

	large := projectOf("return 1")
	large["files"].(map[string]any)["README.md"] = strings.Repeat("x", 900<<10)
	for range 5 {
		if got, failed := use(t, agent(t, h, ""), "check", large); failed {
			t.Fatalf("a large message after them: %v", got)
		}
	}
	big := `{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, length := range []bool{true, false} {
		var body io.Reader = strings.NewReader(big)
		if !length {
			body = io.MultiReader(body)
		}
		req, _ := http.NewRequestWithContext(t.Context(), "POST", h.URL+"/mcp", body)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("a message that is too large, its length told: %v: %s", length, resp.Status)
		}
	}
}

// TestAgentsRun: a project runs without being deployed, also by a token that may do nothing else,
// which gets the tools for that and no others.
func TestAgentsRun(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) {
		cfg.Tokens = []transport.Token{{Name: "agent", Secret: "secret-of-agent"}, {Name: "guest", Secret: "secret-of-guest", Ephemeral: &fsm.Allowance{Versions: 1, Bytes: 1 << 20}}}
	}).lead()
	guest := agent(t, h, "secret-of-guest")
	list, err := guest.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range list.Tools {
		if !tool.Annotations.ReadOnlyHint {
			names = append(names, tool.Name)
		}
	}
	if !slices.Equal(names, []string{"run"}) {
		t.Errorf("a token for ephemeral versions changes things by %v", names)
	}
	got, failed := use(t, guest, "run", with(with(projectOf("return input + 1"), "input", 41), "wait", "30s"))
	if failed || !contains(got, map[string]any{"status": "completed", "result": 42.0, "ephemeral": true, "freshly_loaded": true}) {
		t.Errorf("run answers %v", got)
	}
	if got, failed := use(t, guest, "run", with(projectOf("return 1"), "keep", true)); !failed || !contains(got, map[string]any{"code": "permission_denied"}) {
		t.Errorf("to keep it answers %v", got)
	}
	if got, failed := use(t, guest, "check", projectOf("return 1")); failed {
		t.Errorf("check answers %v", got)
	}
	two := projectOf("return 1")
	files := two["files"].(map[string]any)
	files["workflow.toml"], files["other.star"] = files["workflow.toml"].(string)+"[[workflow]]\nentry_module = \"other\"\n", files["order.star"]
	if got, failed := use(t, guest, "run", two); !failed || !contains(got, map[string]any{"code": "invalid_input"}) {
		t.Errorf("of two types it answers %v", got)
	}
	if got, failed := use(t, guest, "run", with(with(two, "type", "other"), "wait", "30s")); failed || !contains(got, map[string]any{"result": 1.0}) {
		t.Errorf("of the other type it answers %v", got)
	}
	if got, failed := use(t, guest, "list_versions", map[string]any{}); failed || !contains(got, map[string]any{"versions": []any{}}) {
		t.Errorf("left are %v", got)
	}
	if got, failed := use(t, agent(t, h, "secret-of-agent"), "run", with(with(projectOf("return 2"), "keep", true), "wait", "30s")); failed || !contains(got, map[string]any{"result": 2.0, "freshly_loaded": true}) {
		t.Errorf("kept by another token it answers %v", got)
	}
	if got, _ := use(t, guest, "list_versions", map[string]any{}); !strings.Contains(fmt.Sprint(got), "staged") {
		t.Errorf("the version that was to be kept: %v", got)
	}
}
