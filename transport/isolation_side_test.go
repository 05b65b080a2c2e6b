package transport_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/transport/wire"
)

// side is one namespace as its callers see it.
type side struct {
	world  *worldOfOne
	space  string
	labels map[string]string // of what is random, by value
	values []string          // by label
}

// op is one call. {n} in path and body stands for the nth thing that was random.
type op struct{ method, path, body, key string }

var unlike = map[string]bool{ // members that no two clusters have alike
	"index": true, "at": true, "created_at": true, "started_at": true, "closed_at": true, "loaded_at": true, "loaded_index": true, "state_index": true, "state_at": true,
	"drained_index": true, "drained_at": true, "since": true, "began_index": true, "began_at": true, "chain": true, "next_times": true, "last_time": true, "unloaded_at": true,
	"unloaded_index": true, "polls_since": true, "ended_at": true, "deadline": true, "due_at": true, "n": true, "stack": true,
}

var random = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

func (s *side) label(value string) string {
	l, known := s.labels[value]
	if !known {
		l = fmt.Sprintf("{%d}", len(s.values))
		s.labels[value] = l
		s.values = append(s.values, value)
	}
	return l
}

// alike replaces what is random in an answer.
func (s *side) alike(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(mapsKeys(v)) {
			if unlike[k] || k == "next_cursor" && strings.Trim(fmt.Sprint(v[k]), "0123456789abcdefghijklmnopqrstuvwxyz.") == "" {
				v[k] = "(some)"
			} else {
				v[k] = s.alike(v[k], k)
			}
		}
		return v
	case []any:
		for i := range v {
			v[i] = s.alike(v[i], name)
		}
		return v
	case string:
		if name == "token" || name == "move_id" || name == "backtest_id" {
			return s.label(v)
		}
		return random.ReplaceAllStringFunc(v, s.label)
	}
	return v
}

func mapsKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{\d+\}`)

// do makes a call and returns what comparing it with another side's takes.
func (s *side) do(t *testing.T, o op) string {
	t.Helper()
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(p string) string {
			var n int
			fmt.Sscanf(p, "{%d}", &n)
			if n >= len(s.values) {
				return "00000000-0000-0000-0000-00000000ffff"
			}
			return s.values[n]
		})
	}
	var headers []string
	if s.space != "" {
		headers = append(headers, wire.HeaderNamespace+": "+s.space)
	}
	if o.key != "" {
		headers = append(headers, wire.HeaderRequestID+": "+o.key)
	}
	r := s.world.host.send(t, o.method, fill(o.path), fill(o.body), headers...)
	s.world.rest(t)
	if strings.Contains(r.body, "!acme") || strings.Contains(r.body, "!other") {
		t.Fatalf("%s %s shows names as they are stored: %s", o.method, o.path, r.body)
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		return fmt.Sprintf("%d %s", r.status, r.body)
	}
	if m, is := v.(map[string]any); is && o.method == "POST" && strings.Contains(o.path, "/updates/") && r.status == 200 {
		delete(m, "status") // how far it is already; GET tells later
		delete(m, "result")
	}
	b, err := json.MarshalIndent(s.alike(v, ""), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", r.status, b)
}
