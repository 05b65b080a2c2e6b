package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scenario is one file of scenarios/.
type scenario struct {
	name     string
	Says     string
	Nodes    int      // of a cluster of its own; 0 = a node that other scenarios use, too
	Secured  bool     // a node of its own, with TLS and tokens
	Fronts   []string // addresses that the client gets, each of which leads to the node
	Patience duration
	Steps    []step
}

// step is what one side does, and what it has to see.
type step struct {
	By         string // "driver", "other" or "suite"; empty = "driver"
	Do         string
	With       map[string]any
	See        any
	Fails      map[string]any
	Keep       map[string]string // name by path in what was seen
	Within     duration          // how long it may take; 0 = patient
	Background string            // the next step does not wait for this one; an await with that name does
}

// duration is a Go duration in JSON.
type duration time.Duration

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = duration(v)
	return err
}

// scenarios reads all of them. A member that is not known is an error: it would test nothing.
func scenarios(t *testing.T) (all []scenario) {
	t.Helper()
	files, err := filepath.Glob("scenarios/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := scenario{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if s.Says == "" || len(s.Steps) < 4 {
			t.Fatalf("%s says nothing", file)
		}
		all = append(all, s)
	}
	return all
}

// Marks that a scenario may have in place of a value.
const (
	anything = "$any"    // present, and whatever it is
	absent   = "$absent" // not there
)

// match reports where got differs from want: a member that want does not name may be there, a list
// has the same length. Empty = nowhere.
func match(path string, want, got any) string {
	switch want := want.(type) {
	case string:
		if want == anything {
			return ""
		}
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, present := object[name]
			if want[name] == absent {
				if present {
					return fmt.Sprintf("%s.%s is %s, and should not be there", path, name, text(value))
				}
				continue
			}
			if !present {
				return fmt.Sprintf("%s.%s is not there", path, name)
			}
			if where := match(path+"."+name, want[name], value); where != "" {
				return where
			}
		}
		if len(want) == 0 && len(object) > 0 && path != "see" {
			break // an empty object is a value
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			break
		}
		for i := range want {
			if where := match(fmt.Sprintf("%s.%d", path, i), want[i], list[i]); where != "" {
				return where
			}
		}
		return ""
	}
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return fmt.Sprintf("%s is %s, want %s", path, text(got), text(want))
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// at follows a path of names and places, such as tasks.0.token.
func at(v any, path string) (any, error) {
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(x) {
				return nil, fmt.Errorf("%s: there is no %q", path, part)
			}
			v = x[i]
		default:
			return nil, fmt.Errorf("%s: there is no %q", path, part)
		}
	}
	if v == nil {
		return nil, fmt.Errorf("there is no %s", path)
	}
	return v, nil
}

// fill puts what was kept where a value is $NAME.
func fill(v any, kept map[string]any) any {
	switch x := v.(type) {
	case string:
		if name, ok := strings.CutPrefix(x, "$"); ok {
			if value, ok := kept[name]; ok {
				return value
			}
		}
	case map[string]any:
		filled := make(map[string]any, len(x))
		for name, value := range x {
			filled[name] = fill(value, kept)
		}
		return filled
	case []any:
		filled := make([]any, len(x))
		for i, value := range x {
			filled[i] = fill(value, kept)
		}
		return filled
	}
	return v
}

// TestMatch shows that the suite can tell what is wrong.
func TestMatch(t *testing.T) {
	for _, c := range []struct{ want, got, where string }{
		{`{"a":1}`, `{"a":1,"b":2}`, ``},
		{`{"a":"$any"}`, `{"a":null}`, ``},
		{`{"a":"$any"}`, `{}`, `see.a is not there`},
		{`{"a":"$absent"}`, `{"a":false}`, `see.a is false, and should not be there`},
		{`{"a":null}`, `{"a":""}`, `see.a is "", want null`},
		{`{"a":{}}`, `{"a":{"b":1}}`, `see.a is {"b":1}, want {}`},
		{`{"a":[]}`, `{"a":[0]}`, `see.a is [0], want []`},
		{`{"a":[{"b":1},2]}`, `{"a":[{"b":1},3]}`, `see.a.1 is 3, want 2`},
		{`{}`, `{"a":1}`, ``},
		{`{"a":0}`, `{"a":false}`, `see.a is false, want 0`},
	} {
		var want, got any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c.got), &got); err != nil {
			t.Fatal(err)
		}
		if where := match("see", want, got); where != c.where {
			t.Errorf("%s against %s: %q, want %q", c.got, c.want, where, c.where)
		}
	}
}
