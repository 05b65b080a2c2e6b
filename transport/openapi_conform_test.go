package transport_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/transport"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// described is /openapi.json as a test reads it.
type described struct {
	document map[string]any
	routes   []describedRoute
	schemas  *jsonschema.Compiler
	mu       sync.Mutex // guards compiled
	compiled map[string]*jsonschema.Schema
}

type describedRoute struct {
	method, path string
	matches      *regexp.Regexp
	operation    map[string]any
	parameters   int // number in the path: the fewest win
}

// description reads the document that a server serves, once.
var description = sync.OnceValue(func() *described {
	server, err := transport.New(transport.Config{Parts: parts(&recordingAPI{}), Cluster: &seat{throne: &throne{}, self: "n1"}, Node: "n1", Version: "test"})
	if err != nil {
		panic(err)
	}
	rec := httptest.NewRecorder()
	server.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/openapi.json", nil))
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		panic(err)
	}
	d := &described{schemas: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.document = parsed.(map[string]any)
	d.schemas.DefaultDraft(jsonschema.Draft2020)
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource("file:///openapi.json", parsed); err != nil {
		panic(err)
	}
	braces := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for path, item := range d.document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			d.routes = append(d.routes, describedRoute{
				method: strings.ToUpper(method), path: path, operation: op.(map[string]any), parameters: strings.Count(path, "{"),
				matches: regexp.MustCompile("^" + braces.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$"),
			})
		}
	}
	slices.SortFunc(d.routes, func(a, b describedRoute) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return d
})

// route finds the operation that a call reaches.
func (d *described) route(method, path string) *describedRoute {
	path, _, _ = strings.Cut(path, "?")
	var best *describedRoute
	for i := range d.routes {
		r := &d.routes[i]
		if r.method == method && r.matches.MatchString(path) && (best == nil || r.parameters < best.parameters) {
			best = r
		}
	}
	return best
}

// check validates a value against the schema at a place in the document.
func (d *described) check(place string, value []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.compiled[place]
	if schema == nil {
		var err error
		if schema, err = d.schemas.Compile("file:///openapi.json#" + place); err != nil {
			return err
		}
		d.compiled[place] = schema
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// pointer spells a path within the document.
func pointer(names ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B")
	var b strings.Builder
	for _, name := range names {
		b.WriteString("/" + escape.Replace(name))
	}
	return b.String()
}

// conform fails the test unless a call and its answer match /openapi.json. Every raw call of this
// package's tests goes through it.
func conform(t testing.TB, method, path, sent string, r reply) {
	t.Helper()
	d := description()
	route := d.route(method, path)
	if route == nil {
		return
	}
	name := strings.ToLower(method)
	responses := route.operation["responses"].(map[string]any)
	status := strconv.Itoa(r.status)
	response, ok := responses[status].(map[string]any)
	if !ok {
		t.Errorf("%s %s answers %s, which /openapi.json does not describe: %s", method, path, status, r.body)
		return
	}
	media, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	content, _ := response["content"].(map[string]any)
	if _, ok := content[media]; !ok && (len(content) > 0 || r.body != "") {
		t.Errorf("%s %s answers %s as %q, which /openapi.json does not describe", method, path, status, media)
		return
	}
	if strings.HasSuffix(media, "json") {
		if err := d.check(pointer("paths", route.path, name, "responses", status, "content", media, "schema"), []byte(r.body)); err != nil {
			t.Errorf("%s %s answers %s with %s: %v", method, path, status, r.body, err)
		}
	}
	for header := range r.header {
		described, _ := response["headers"].(map[string]any)
		if _, ok := described[header]; !ok && (strings.HasPrefix(header, "Aion-") || header == "Retry-After" || header == "Www-Authenticate") {
			if _, ok := described["WWW-Authenticate"]; !ok || header != "Www-Authenticate" {
				t.Errorf("%s %s answers %s with the header %s, which /openapi.json does not describe", method, path, status, header)
			}
		}
	}
	body, _ := route.operation["requestBody"].(map[string]any)
	refusedItems := strings.Contains(r.body, `"ok":false`) // each item of a batch is accepted or refused by itself
	if r.status < 300 && body != nil && !refusedItems {
		content := body["content"].(map[string]any)
		if _, ok := content["application/json"]; ok && sent != "" {
			if err := d.check(pointer("paths", route.path, name, "requestBody", "content", "application/json", "schema"), []byte(sent)); err != nil {
				t.Errorf("%s %s took %s, which /openapi.json does not allow: %v", method, path, sent, err)
			}
		} else if required, _ := body["required"].(bool); required && sent == "" {
			t.Errorf("%s %s took no body, which /openapi.json says it must have", method, path)
		}
	}
}

// examples returns every example of a body in the document, with the place of its schema.
func (d *described) examples() map[string][]byte {
	found := map[string][]byte{}
	var walk func(v any, at []string)
	walk = func(v any, at []string) {
		m, _ := v.(map[string]any)
		if example, ok := m["example"]; ok && m["schema"] != nil {
			found[pointer(append(at, "schema")...)], _ = json.Marshal(example)
		}
		for name, member := range m {
			walk(member, append(at[:len(at):len(at)], name))
		}
	}
	walk(d.document, nil)
	return found
}
