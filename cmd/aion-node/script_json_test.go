package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: json FILE PATH [VALUE]")
	}
	v, err := lookup(ts.ReadFile(args[0]), args[1])
	got := err == nil && (len(args) == 2 || text(v) == args[2])
	if got == neg {
		ts.Fatalf("%s: %s is %s (%v), in\n%s", args[0], args[1], text(v), err, ts.ReadFile(args[0]))
	}
}

func scriptJSONKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: jsonkeys FILE PATH KEY...")
	}
	v, err := lookup(ts.ReadFile(args[0]), args[1])
	ts.Check(err)
	object, ok := v.(map[string]any)
	if !ok {
		ts.Fatalf("%s: %s is no object but %s", args[0], args[1], text(v))
	}
	for _, key := range args[2:] {
		name, optional := strings.CutSuffix(key, "?")
		if _, there := object[name]; !there && !optional {
			ts.Fatalf("%s: %s lacks the key %q: %s", args[0], args[1], name, text(v))
		}
		delete(object, name)
	}
	if len(object) > 0 {
		ts.Fatalf("%s: %s has more keys: %s", args[0], args[1], text(object))
	}
}

// lookup finds a path in a text that contains exactly one JSON document. "." is the document.
func lookup(document, path string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(document))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("no JSON document: %w", err)
	}
	if dec.More() {
		return nil, fmt.Errorf("more than one JSON document")
	}
	for step := range strings.SplitSeq(path, ".") {
		if step == "" {
			continue
		}
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return nil, fmt.Errorf("there is no %q among %v", step, keysOf(at))
			}
			v = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(at) {
				return nil, fmt.Errorf("there is no item %s among %d", step, len(at))
			}
			v = at[i]
		default:
			return nil, fmt.Errorf("%s is below a plain value", step)
		}
	}
	return v, nil
}

func keysOf(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// text returns a string unchanged, and everything else as JSON.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return strings.TrimSpace(b.String())
}
