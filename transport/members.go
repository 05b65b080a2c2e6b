package transport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"aion.dev/aion/fsm/history"
)

// checkMembers refuses what encoding/json forgives in the objects of a request, at any depth: names
// in other letter case, a member given twice (the last would count), one that is missing, null in
// place of an object, text that is no Unicode, and "" or 0 where it would count as absent. A script
// whose variable is not set must not lose its condition or its workflow id without a word. Raw JSON
// is a payload: any value will do, and the engine checks it. B is JSON; v points to what it is to
// become.
func checkMembers(b []byte, v any) error {
	t := reflect.TypeOf(v).Elem()
	if shapeOf(t) == nil {
		return nil
	}
	w := walker{b: b, unicode: utf8.Valid(b)}
	if f := w.value(t); f != nil {
		return invalid(cmp.Or(f.path, "body"), "%s", f.reason)
	}
	return nil
}

// walker goes over JSON that is known to be well formed, beside the type that it is to become.
type walker struct {
	b       []byte
	at      int   // the next byte
	unicode bool  // all of b is UTF-8
	garbled *flaw // what is wrong with a text that was stepped over
}

// flaw is what is wrong with a request, and where. The way there is put together only once
// something is wrong: results[3].token.
type flaw struct{ path, reason string }

func flawed(format string, args ...any) *flaw { return &flaw{reason: fmt.Sprintf(format, args...)} }

// of says that the flaw is in the member, or in the element, of that name.
func (f *flaw) of(name string) *flaw {
	if f.path != "" && f.path[0] != '[' {
		name += "."
	}
	f.path = name + f.path
	return f
}

// value checks the value that is next, and steps over it.
func (w *walker) value(t reflect.Type) *flaw {
	w.space()
	start := w.at
	s := shapeOf(t)
	switch {
	case s == nil || s.list != nil && w.b[w.at] != '[' || s.list == nil && w.b[w.at] != '{':
		w.skip()
		if s != nil && s.list == nil && string(w.b[start:w.at]) == "null" {
			return flawed("is null; want an object")
		}
		if t == timeType {
			return checkTime(w.b[start:w.at])
		}
		return nil // of another type than it should be: the decoder says so
	case s.list != nil:
		return w.list(s.list)
	}
	return w.object(s)
}

func (w *walker) list(elem reflect.Type) *flaw {
	w.at++
	for i := 0; ; i++ {
		if w.space(); w.b[w.at] == ']' {
			w.at++
			return nil
		}
		if w.b[w.at] == ',' {
			w.at++
		}
		if f := w.value(elem); f != nil {
			return f.of(fmt.Sprintf("[%d]", i))
		}
	}
}

func (w *walker) object(s *shape) *flaw {
	w.at++
	var seen, twice uint64 // members by position; one that is null is not seen
	for {
		w.space()
		switch w.b[w.at] {
		case '}':
			w.at++
			for i := range s.members {
				if m := &s.members[i]; m.required && seen&(1<<i) == 0 {
					return flawed("is missing").of(m.name)
				}
			}
			return nil
		case ',':
			w.at++
			continue
		}
		at := w.at
		name := w.name()
		if w.garbled != nil {
			return w.garbled.of(clip(name))
		}
		i, known := s.index[name]
		if !known {
			return flawed("is no field of this request, at %s", position(w.b, int64(at))).of(clip(name))
		}
		if twice&(1<<i) != 0 {
			return flawed("is given twice, the second time at %s", position(w.b, int64(at))).of(name)
		}
		w.space()
		w.at++ // the colon
		w.space()
		f, given := w.member(&s.members[i])
		if f = cmp.Or(f, w.garbled); f != nil {
			return f.of(name)
		}
		twice |= 1 << i
		if given {
			seen |= 1 << i
		}
	}
}

// member checks the value of a member. Null is as good as none, but for a payload.
func (w *walker) member(m *member) (f *flaw, given bool) {
	switch rest := w.b[w.at:]; {
	case m.kind == payloadType:
		w.skip()
		return nil, true
	case m.kind == itemsType && !bytes.HasPrefix(rest, []byte("null")): // each is checked by itself
		w.skip()
		w.garbled = nil
		return nil, true
	case bytes.HasPrefix(rest, []byte("null")):
		w.skip()
		return nil, false
	case m.least != "" && isZero(rest):
		return flawed("is 0; %s", m.least), true
	case !bytes.HasPrefix(rest, []byte(`""`)) || mayBeEmpty(m.name):
		return w.value(m.kind), true
	case m.required:
		return flawed("is empty"), true
	}
	return flawed("is empty; leave it out or give it a value"), true
}

// name steps over the name of a member.
func (w *walker) name() string {
	start := w.at
	w.text()
	raw := w.b[start+1 : w.at-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var name string
	_ = json.Unmarshal(w.b[start:w.at], &name) // it is well formed
	return name
}

func (w *walker) space() {
	for w.at < len(w.b) && (w.b[w.at] == ' ' || w.b[w.at] == '\t' || w.b[w.at] == '\r' || w.b[w.at] == '\n') {
		w.at++
	}
}

// text steps over a string.
func (w *walker) text() {
	start := w.at
	defer func() {
		text := w.b[start:w.at]
		if at := history.HalfPair(text); at >= 0 {
			w.garble(start+at, "has half of a surrogate pair, "+string(text[at:at+6])+",")
		} else if !w.unicode && !utf8.Valid(text) {
			w.garble(start, "is no UTF-8,")
		}
	}()
	for w.at++; w.b[w.at] != '"'; w.at++ {
		if w.b[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
}

func (w *walker) garble(at int, what string) {
	if w.garbled == nil {
		w.garbled = flawed("%s at %s", what, position(w.b, int64(at)))
	}
}

// isZero reports whether a number comes next that is 0, however it is written.
func isZero(b []byte) bool {
	end := len(b) - len(bytes.TrimLeft(b, "+-.0123456789eE"))
	mantissa, _, _ := strings.Cut(strings.ToLower(string(b[:end])), "e")
	return end > 0 && strings.Trim(mantissa, "-.0") == ""
}

// skip steps over a value whatever it is.
func (w *walker) skip() {
	for depth := 0; w.at < len(w.b); {
		switch w.b[w.at] {
		case '"':
			w.text()
		case '{', '[':
			depth++
			w.at++
		case '}', ']':
			depth--
			w.at++
		case ',', ':', ' ', '\t', '\r', '\n':
			w.at++
			continue // between values: none has ended here
		default:
			for w.at < len(w.b) && !strings.ContainsRune(",]} \t\r\n", rune(w.b[w.at])) {
				w.at++
			}
		}
		if depth == 0 {
			return
		}
	}
}

// shape is what checkMembers knows of a type that is an object or a list of such.
type shape struct {
	members []member
	index   map[string]int
	list    reflect.Type // of its elements; nil = it is an object
}

type member struct {
	name     string
	kind     reflect.Type
	required bool   // it has no omitempty
	least    string // what is allowed, of a number that may not be 0; set by the tag least
}

var (
	shapes      sync.Map // reflect.Type -> *shape
	timeType    = reflect.TypeFor[time.Time]()
	payloadType = reflect.TypeFor[json.RawMessage]()
	itemsType   = reflect.TypeFor[[]json.RawMessage]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// shapeOf returns nil for types that JSON has other rules for, such as raw JSON.
func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	var s *shape
	switch {
	case reflect.PointerTo(t).Implements(unmarshaler):
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		s = &shape{list: t.Elem()}
	case t.Kind() == reflect.Struct:
		s = &shape{index: map[string]int{}}
		for _, f := range reflect.VisibleFields(t) {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" || f.Anonymous {
				continue
			}
			s.index[name] = len(s.members)
			s.members = append(s.members, member{name, f.Type, options != "omitempty", f.Tag.Get("least")})
		}
	}
	shapes.Store(t, s)
	return s
}

// checkTime says what is wrong with a time, as the decoder does not name the member.
func checkTime(b []byte) *flaw {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return flawed("is no string; want an RFC 3339 time such as 2026-03-01T08:00:00Z")
	}
	if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
		return flawed("is %q; want an RFC 3339 time such as 2026-03-01T08:00:00Z", clip(text))
	}
	return nil
}

// mayBeEmpty reports whether an empty value of a parameter or member means the same as none to
// everybody.
func mayBeEmpty(name string) bool { return name == "message" || name == "reason" || name == "cursor" }
