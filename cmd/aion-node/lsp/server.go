package lsp

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"aion.dev/aion/engine/runtime/starlark/lint"
	"github.com/sourcegraph/jsonrpc2"
)

// Serve talks to one editor until it says exit or closes the stream. Its error says that the editor
// went away without asking to shut down.
func Serve(ctx context.Context, in io.Reader, out io.Writer, version string) error {
	s := &server{version: version, open: make(map[string]string), shown: make(map[string]bool), exit: make(chan struct{})}
	// Requests are answered one after the other, in the order in which they come: each sees the
	// text that the changes before it made.
	conn := jsonrpc2.NewConn(ctx, jsonrpc2.NewBufferedStream(stream{in, out}, jsonrpc2.VSCodeObjectCodec{}), jsonrpc2.HandlerWithError(s.handle).SuppressErrClosed())
	select {
	case <-conn.DisconnectNotify():
	case <-s.exit:
		conn.Close()
	case <-ctx.Done():
		conn.Close()
		return context.Cause(ctx)
	}
	if !s.down {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// stream is standard input and output.
type stream struct {
	io.Reader
	io.Writer
}

func (stream) Close() error { return nil }

// server is what is known of one editor. Its fields belong to the goroutine that handles requests,
// one at a time.
type server struct {
	version string
	open    map[string]string // texts by file
	shown   map[string]bool   // files that have diagnostics in the editor
	down    bool              // shutdown was asked for
	exit    chan struct{}     // closed by exit
}

func (s *server) handle(ctx context.Context, conn *jsonrpc2.Conn, req *jsonrpc2.Request) (any, error) {
	var p params
	if req.Params != nil {
		if err := json.Unmarshal(*req.Params, &p); err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: err.Error()}
		}
	}
	file := fileOf(p.TextDocument.URI)
	switch req.Method {
	case "initialize":
		return s.initialize(), nil
	case "textDocument/didOpen":
		s.open[file] = p.TextDocument.Text
		return nil, s.publish(ctx, conn, file)
	case "textDocument/didChange":
		if n := len(p.ContentChanges); n > 0 { // each is the whole text
			s.open[file] = p.ContentChanges[n-1].Text
		}
		return nil, s.publish(ctx, conn, file)
	case "textDocument/didSave":
		return nil, s.publish(ctx, conn, file)
	case "textDocument/didClose":
		delete(s.open, file)
		return nil, s.publish(ctx, conn, file)
	case "textDocument/completion":
		return s.complete(file, p.Position), nil
	case "textDocument/hover":
		return s.hover(file, p.Position), nil
	case "textDocument/definition":
		return s.definition(file, p.Position), nil
	case "shutdown":
		s.down = true
		return nil, nil
	case "exit":
		close(s.exit)
		return nil, nil
	}
	if req.Notif {
		return nil, nil // initialized, $/setTrace and the like
	}
	return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: req.Method + " is not known here"}
}

func (s *server) initialize() any {
	return map[string]any{
		"serverInfo": map[string]string{"name": "aion-node", "version": s.version},
		"capabilities": map[string]any{
			"textDocumentSync":   map[string]any{"openClose": true, "change": 1, "save": true}, // 1 = whole texts
			"completionProvider": map[string]any{"triggerCharacters": []string{".", "\""}},
			"hoverProvider":      true,
			"definitionProvider": true,
		},
	}
}

// publish tells the editor what is wrong in the project of a file.
func (s *server) publish(ctx context.Context, conn *jsonrpc2.Conn, file string) error {
	f := s.folderOf(file)
	found := make(map[string][]diagnostic)
	for _, d := range f.problems {
		found[filepath.Join(f.dir, d.file)] = append(found[filepath.Join(f.dir, d.file)], d.diagnostic)
	}
	for _, x := range lint.Analyze(f.project).Findings() {
		path := f.path(x.Module)
		found[path] = append(found[path], diagnosed(s.lines(path, f.source(x.Module)), x))
	}
	for path := range s.shown { // what is mended has none any more
		if found[path] == nil && f.has(path) {
			found[path] = []diagnostic{}
		}
	}
	for path, list := range found {
		if s.shown[path] = true; len(list) == 0 {
			delete(s.shown, path)
		}
		if err := conn.Notify(ctx, "textDocument/publishDiagnostics", map[string]any{"uri": uriOf(path), "diagnostics": list}); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) lines(path string, source []byte) []string {
	if text, ok := s.open[path]; ok {
		return strings.Split(text, "\n")
	}
	return strings.Split(string(source), "\n")
}

func diagnosed(lines []string, x lint.Finding) diagnostic {
	line := max(x.Line-1, 0)
	end := x.End
	if end <= x.Column {
		end = x.Column + 1
	}
	d := diagnostic{Source: "aion", Code: x.Rule, Message: x.Message, Severity: 1}
	if x.Severity == lint.Warning {
		d.Severity = 2
	}
	d.Range.Start = position{line, units(lines, line, x.Column)}
	d.Range.End = position{line, units(lines, line, end)}
	return d
}

// units turns a column in characters, from 1, into one in units of UTF-16, from 0.
func units(lines []string, line, column int) int {
	if line >= len(lines) {
		return max(column-1, 0)
	}
	n := 0
	for i, r := range []rune(lines[line]) {
		if i >= column-1 {
			break
		}
		n += utf16.RuneLen(r)
	}
	return n
}

// column turns a position of the editor into a column in characters, from 1, and an offset in
// bytes of the text.
func column(text string, p position) (column, offset int) {
	for range p.Line {
		i := strings.IndexByte(text[offset:], '\n')
		if i < 0 {
			return 1, len(text)
		}
		offset += i + 1
	}
	column, n := 1, 0
	for _, r := range text[offset:] {
		if n >= p.Character || r == '\n' {
			break
		}
		n += max(utf16.RuneLen(r), 1)
		offset += len(string(r))
		column++
	}
	return column, offset
}

func (s *server) complete(file string, p position) any {
	f := s.folderOf(file)
	module := f.module(file)
	_, offset := column(string(f.source(module)), p)
	items := []map[string]any{}
	kinds := map[lint.Kind]int{lint.Variable: 6, lint.Function: 3, lint.Field: 5, lint.Argument: 10, lint.Text: 12}
	for _, c := range lint.Complete(f.project, module, offset) {
		item := map[string]any{"label": strings.TrimSuffix(c.Label, " = "), "insertText": c.Label, "kind": kinds[c.Kind], "detail": c.Detail}
		if c.Doc != "" {
			item["documentation"] = map[string]string{"kind": "markdown", "value": c.Doc}
		}
		items = append(items, item)
	}
	return map[string]any{"isIncomplete": false, "items": items}
}

func (s *server) hover(file string, p position) any {
	f := s.folderOf(file)
	module := f.module(file)
	text := string(f.source(module))
	at, _ := column(text, p)
	code, doc, place := lint.Analyze(f.project).Hover(module, p.Line+1, at)
	if code == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	value := "```python\n" + code + "\n```"
	if doc != "" {
		value += "\n\n" + doc
	}
	return map[string]any{
		"contents": map[string]string{"kind": "markdown", "value": value},
		"range":    span{position{p.Line, units(lines, p.Line, place.Column)}, position{p.Line, units(lines, p.Line, place.End)}},
	}
}

func (s *server) definition(file string, p position) any {
	f := s.folderOf(file)
	module := f.module(file)
	at, _ := column(string(f.source(module)), p)
	place, ok := lint.Analyze(f.project).Definition(module, p.Line+1, at)
	if !ok {
		return nil
	}
	path := f.path(place.Module)
	lines := s.lines(path, f.source(place.Module))
	line := place.Line - 1
	return map[string]any{"uri": uriOf(path), "range": span{position{line, units(lines, line, place.Column)}, position{line, units(lines, line, place.End)}}}
}

// fileOf returns the path that a URI names; "" for anything but a file.
func fileOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	path := u.Path
	if len(path) > 2 && path[0] == '/' && path[2] == ':' { // /c:/x on Windows
		path = path[1:]
	}
	return filepath.Clean(filepath.FromSlash(path))
}

func uriOf(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
