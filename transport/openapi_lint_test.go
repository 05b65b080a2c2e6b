package transport_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// visit calls f with every object of the document and its place.
func visit(v any, at string, f func(at string, m map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(at, v)
		for name, member := range v {
			visit(member, at+"/"+name, f)
		}
	case []any:
		for i, item := range v {
			visit(item, fmt.Sprintf("%s/%d", at, i), f)
		}
	}
}

func text(m map[string]any, name string) string { s, _ := m[name].(string); return s }

func object(m map[string]any, names ...string) map[string]any {
	for _, name := range names {
		m, _ = m[name].(map[string]any)
	}
	return m
}

// lintRules are what people who generate clients expect of a description: the recommended rules of
// the public linters, and a few of our own. Each returns what is wrong and where.
var lintRules = []struct {
	name  string
	check func(d *described, wrong func(format string, args ...any))
}{
	{"the document says what it is, under which licence, and where it is served", func(d *described, wrong func(string, ...any)) {
		info := object(d.document, "info")
		if text(d.document, "openapi") != "3.1.0" || text(info, "title") == "" || text(info, "description") == "" || object(info, "contact") == nil {
			wrong("%v", info)
		}
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(text(info, "version")) {
			wrong("version %q is no semantic version", info["version"])
		}
		if text(object(info, "license"), "identifier") != "Apache-2.0" {
			wrong("license %v", info["license"])
		}
		if servers, _ := d.document["servers"].([]any); len(servers) == 0 {
			wrong("no servers")
		}
	}},
	{"operations have an id, a summary, a description and one tag that is described", func(d *described, wrong func(string, ...any)) {
		tags, ids := map[string]bool{}, map[string]bool{}
		for _, tag := range d.document["tags"].([]any) {
			tag := tag.(map[string]any)
			tags[text(tag, "name")] = text(tag, "description") != ""
		}
		for _, r := range d.routes {
			id := text(r.operation, "operationId")
			if id == "" || ids[id] {
				wrong("%s %s: operation id %q is empty or used twice", r.method, r.path, id)
			}
			ids[id] = true
			if summary := text(r.operation, "summary"); summary == "" || strings.HasSuffix(summary, ".") {
				wrong("%s: summary %q", id, summary)
			}
			if text(r.operation, "description") == "" {
				wrong("%s has no description: write one in openapi_operations.go", id)
			}
			if of, _ := r.operation["tags"].([]any); len(of) != 1 || !tags[of[0].(string)] {
				wrong("%s: tags %v", id, of)
			}
			if _, ok := r.operation["security"]; !ok && d.document["security"] == nil {
				wrong("%s says nothing of security", id)
			}
		}
	}},
	{"operations describe success, each problem by its status, and any other", func(d *described, wrong func(string, ...any)) {
		for _, r := range d.routes {
			id, responses := text(r.operation, "operationId"), object(r.operation, "responses")
			success, callers := false, false
			for status, response := range responses {
				response := response.(map[string]any)
				success = success || status[0] == '2'
				callers = callers || status[0] == '4'
				if text(response, "description") == "" {
					wrong("%s %s has no description", id, status)
				}
				if status[0] != '2' && status != "304" && text(object(response, "content", wire.ProblemType, "schema"), "$ref") != "#/components/schemas/Problem" {
					wrong("%s %s is no reference to Problem", id, status)
				}
				if status == "503" && object(response, "headers", "Retry-After") == nil {
					wrong("%s 503 lacks Retry-After", id)
				}
			}
			if !success || !callers {
				wrong("%s describes %d answers: success %v, problems of the caller %v", id, len(responses), success, callers)
			}
			if strings.HasPrefix(r.path, "/v1/") && responses["default"] == nil {
				wrong("%s describes no other problem", id)
			}
		}
	}},
	{"bodies of JSON have an example", func(d *described, wrong func(string, ...any)) {
		for _, r := range d.routes {
			media := object(r.operation, "requestBody", "content", "application/json")
			if media != nil && media["example"] == nil {
				wrong("%s: write one in openapi_operations.go", text(r.operation, "operationId"))
			}
		}
	}},
	{"mutations take a key and say who asks; reads say how fresh they are", func(d *described, wrong func(string, ...any)) {
		// Operations on nodes are idempotent, heartbeats may be repeated, and a query changes
		// nothing. A restore finds a cluster that is not empty when it is repeated.
		unkeyed := []string{"transfer", "remove", "drain", "undrain", "promote", "demote", "replace_node", "issue_join_token", "revoke_join_token", "note_backup", "restore", "heartbeat", "query"}
		for _, r := range d.routes {
			id := text(r.operation, "operationId")
			var names []string
			parameters, _ := r.operation["parameters"].([]any)
			for _, p := range parameters {
				names = append(names, text(p.(map[string]any), "name"))
			}
			if r.method != "GET" && id != "query" {
				want := []string{wire.HeaderRequestID, wire.HeaderGenerated, wire.HeaderActor}
				if slices.Contains(unkeyed, id) {
					want = want[2:]
				}
				for _, name := range want {
					if !slices.Contains(names, name) {
						wrong("%s does not take %s", id, name)
					}
				}
			}
			success := object(r.operation, "responses", "200")
			if slices.Contains(names, "consistency") && (object(success, "headers", wire.HeaderIndex) == nil || object(success, "headers", wire.HeaderLeaderContact) == nil) {
				wrong("%s may be stale and does not describe the headers that say so", id)
			}
		}
	}},
	{"parameters and headers are described; those in the path are those of the path", func(d *described, wrong func(string, ...any)) {
		for _, r := range d.routes {
			id := text(r.operation, "operationId")
			inPath := 0
			parameters, _ := r.operation["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				if text(p, "description") == "" {
					wrong("%s: parameter %s is not described: tag it, or add it to the glossary", id, p["name"])
				}
				if p["in"] == "path" {
					inPath++
					if !strings.Contains(r.path, "{"+text(p, "name")+"}") || p["required"] != true {
						wrong("%s: parameter %v", id, p)
					}
				}
			}
			if inPath != r.parameters {
				wrong("%s: %d of %d parameters of the path are described", id, inPath, r.parameters)
			}
			visit(r.operation["responses"], id, func(at string, m map[string]any) {
				if path.Base(path.Dir(at)) == "headers" && text(m, "description") == "" && text(m, "$ref") == "" {
					wrong("%s is not described", at)
				}
			})
		}
	}},
	{"every member of an object is described", func(d *described, wrong func(string, ...any)) {
		visit(object(d.document, "components", "schemas"), "", func(at string, m map[string]any) {
			for name, member := range object(m, "properties") {
				member := member.(map[string]any)
				if text(member, "description") == "" && text(member, "$ref") == "" {
					wrong("%s/%s: tag it `doc`, or add the word to openapi_glossary.go", at, name)
				}
			}
		})
	}},
	{"references lead somewhere, and every schema is used", func(d *described, wrong func(string, ...any)) {
		used := map[string]bool{}
		visit(d.document, "", func(at string, m map[string]any) {
			ref := text(m, "$ref")
			if ref == "" {
				return
			}
			used[ref] = true
			if object(d.document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
				wrong("%s: %s", at, ref)
			}
		})
		for name := range object(d.document, "components", "schemas") {
			if !used["#/components/schemas/"+name] {
				wrong("%s is used nowhere", name)
			}
		}
	}},
	{"each type of event is described with its data", func(d *described, wrong func(string, ...any)) {
		event := object(d.document, "components", "schemas", "Event")
		all := history.EmptyData()
		if variants, _ := event["oneOf"].([]any); len(variants) != len(all) {
			wrong("%d variants of %d types", len(variants), len(all))
		}
		for _, data := range all {
			name := data.Type().String()
			variant := object(d.document, "components", "schemas", name)
			if enum, _ := object(variant, "properties", "type")["enum"].([]any); len(enum) != 1 || enum[0] != name || object(variant, "properties", "data") == nil {
				wrong("%s is described as %v", name, variant)
			}
		}
	}},
	{"the event stream is a stream, and lists its events", func(d *described, wrong func(string, ...any)) {
		stream := object(d.document, "paths", "/v1/events", "get", "responses", "200", "content", "text/event-stream", "schema")
		if text(object(stream, "contentSchema"), "$ref") != "#/components/schemas/StreamEvent" {
			wrong("%v", stream)
		}
		variants, _ := object(d.document, "components", "schemas", "StreamEvent")["oneOf"].([]any)
		parameters := d.route("GET", "/v1/events").operation["parameters"].([]any)
		for _, p := range parameters {
			if names, _ := object(p.(map[string]any), "schema", "items")["enum"].([]any); names != nil && len(names) != len(variants) {
				wrong("%d names, %d variants", len(names), len(variants))
			}
		}
	}},
}

func TestOpenAPILint(t *testing.T) {
	for _, rule := range lintRules {
		t.Run(rule.name, func(t *testing.T) {
			rule.check(description(), t.Errorf)
		})
	}
}
