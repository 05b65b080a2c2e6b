package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

// editor is a scripted editor that talks to aion-node lsp.
type editor struct {
	t    *testing.T
	conn *jsonrpc2.Conn
	cmd  *exec.Cmd
	told chan diagnostics
}

// diagnostics are what the server tells of one file.
type diagnostics struct {
	URI         string `json:"uri"`
	Diagnostics []struct {
		Range struct {
			Start, End struct{ Line, Character int }
		}
		Severity int
		Code     string
		Message  string
	}
}

type pipes struct {
	io.Reader
	io.WriteCloser
}

func startEditor(t *testing.T) *editor {
	t.Helper()
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		t.Fatal(err)
	}
	e := &editor{t: t, told: make(chan diagnostics, 100), cmd: exec.Command(binary, "lsp")}
	e.cmd.Stderr = os.Stderr
	in, err := e.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.cmd.Process.Kill() })
	e.conn = jsonrpc2.NewConn(t.Context(), jsonrpc2.NewBufferedStream(pipes{out, in}, jsonrpc2.VSCodeObjectCodec{}),
		jsonrpc2.HandlerWithError(func(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
			var d diagnostics
			if r.Method == "textDocument/publishDiagnostics" && json.Unmarshal(*r.Params, &d) == nil {
				e.told <- d
			}
			return nil, nil
		}))
	e.ask("initialize", map[string]any{"capabilities": map[string]any{}})
	e.tell("initialized", map[string]any{})
	return e
}

// ask sends a request, and returns the answer as JSON.
func (e *editor) ask(method string, params any) string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), 10*time.Second)
	defer cancel()
	var answer json.RawMessage
	if err := e.conn.Call(ctx, method, params, &answer); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
	return string(answer)
}

func (e *editor) tell(method string, params any) {
	e.t.Helper()
	if err := e.conn.Notify(e.t.Context(), method, params); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

// diagnosed waits for what the server tells of a file.
func (e *editor) diagnosed(file string) diagnostics {
	e.t.Helper()
	for {
		select {
		case d := <-e.told:
			if strings.HasSuffix(d.URI, "/"+file) {
				return d
			}
		case <-time.After(patient):
			e.t.Fatalf("nothing was told of %s", file)
		}
	}
}

func document(path, text string) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": "file://" + path, "languageId": "starlark", "version": 1, "text": text}}
}

func placeIn(path string, line, character int) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": "file://" + path}, "position": map[string]int{"line": line, "character": character}}
}

func TestEditor(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	toml := write("workflow.toml", "abi = 2\n[[workflow]]\nentry_module = \"order\"\nactivities = [\"charge_card\"]\n")
	lib := write("src/lib/pay.star", "def pay(c, amount):\n    \"\"\"Pays.\"\"\"\n    return c.activity(\"charge_card\", amount)\n")
	order := write("src/order.star", "def run(ctx, input):\n    pass\n")
	e := startEditor(t)

	// What is open counts, not what is on the disk; columns are units of UTF-16.
	e.tell("textDocument/didOpen", document(order, "load(\"lib/pay.star\", \"pay\")\ndef run(ctx, input):\n    x = \"😀\"; ctx.slep(\"1s\")\n    pay(ctx, 1)\n"))
	d := e.diagnosed("order.star")
	if len(d.Diagnostics) != 1 || d.Diagnostics[0].Message != "ctx has no .slep; did you mean sleep?" || d.Diagnostics[0].Range.Start.Character != 18 || d.Diagnostics[0].Range.End.Character != 22 || d.Diagnostics[0].Severity != 1 {
		t.Errorf("told %+v", d)
	}
	if got := e.ask("textDocument/hover", placeIn(order, 3, 5)); !strings.Contains(got, "def pay(c, amount)") || !strings.Contains(got, "Pays.") {
		t.Errorf("hover: %s", got)
	}
	if got := e.ask("textDocument/definition", placeIn(order, 3, 5)); !strings.Contains(got, "lib/pay.star") || !strings.Contains(got, `"start":{"line":0,"character":4}`) {
		t.Errorf("definition: %s", got)
	}
	if got := e.ask("textDocument/definition", placeIn(order, 2, 0)); got != "null" {
		t.Errorf("definition of nothing: %s", got)
	}

	// While a line is written.
	e.tell("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": "file://" + order, "version": 2}, "contentChanges": []map[string]string{{"text": "def run(ctx, input):\n    ctx.activity(\"\n    return 1\n"}}})
	if d := e.diagnosed("order.star"); len(d.Diagnostics) != 1 || d.Diagnostics[0].Code != "syntax" {
		t.Errorf("told %+v", d)
	}
	if got := e.ask("textDocument/completion", placeIn(order, 1, 18)); !strings.Contains(got, `"label":"charge_card"`) {
		t.Errorf("completion: %s", got)
	}
	e.tell("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": "file://" + order, "version": 3}, "contentChanges": []map[string]string{{"text": "def run(ctx, input):\n    ctx.\n"}}})
	if got := e.ask("textDocument/completion", placeIn(order, 1, 8)); !strings.Contains(got, `"label":"try_activity"`) || !strings.Contains(got, "Waits. At most 100 years.") {
		t.Errorf("completion: %s", got)
	}

	// What is mended is not told any more, in other files too.
	e.tell("textDocument/didOpen", document(lib, "def pay(c, amount): return ctx\n"))
	if d := e.diagnosed("pay.star"); len(d.Diagnostics) != 1 {
		t.Errorf("told %+v", d)
	}
	e.tell("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": "file://" + lib}})
	if d := e.diagnosed("pay.star"); len(d.Diagnostics) != 0 {
		t.Errorf("told %+v", d)
	}

	// A project that cannot be packed says so, and code is looked at all the same.
	write("workflow.toml", "abbi = 2\n")
	e.tell("textDocument/didSave", map[string]any{"textDocument": map[string]any{"uri": "file://" + toml}})
	if d := e.diagnosed("workflow.toml"); len(d.Diagnostics) != 1 || !strings.Contains(d.Diagnostics[0].Message, "unknown key") {
		t.Errorf("told %+v", d)
	}
	if got := e.ask("textDocument/completion", placeIn(order, 1, 8)); !strings.Contains(got, `"label":"sleep"`) {
		t.Errorf("completion: %s", got)
	}

	e.ask("shutdown", nil)
	e.tell("exit", nil)
	if err := e.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// An editor that goes away is no orderly end, and leaves no process.
func TestEditorGoesAway(t *testing.T) {
	e := startEditor(t)
	e.conn.Close()
	if err := e.cmd.Wait(); e.cmd.ProcessState.ExitCode() != exitRefused {
		t.Errorf("it ended with %v", err)
	}
}
