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

// checkMembers rejects what encoding/json tolerates in the objects of a request, at any depth:
// names in another letter case, a member given twice (the last would count), a missing member, null
// instead of an object, text that is not Unicode, and "" or 0 where it would count as absent. A
// script with an unset variable must not silently lose its condition or its workflow id. Raw JSON
// is a payload: any value is allowed here, and the engine checks it. b is JSON; v points to the
// target type.
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

// walker walks well-formed JSON in parallel with the type that it is decoded into.
type walker struct {
	b       []byte
	at      int   // the next byte
	unicode bool  // all of b is UTF-8
	garbled *flaw // what is wrong with a text that was skipped
}

// flaw is an error in a request, and its place. The path, such as results[3].token, is built only
// after an error was found.
type flaw struct{ path, reason string }

func flawed(format string, args ...any) *flaw { return &flaw{reason: fmt.Sprintf(format, args...)} }

// inMember attributes the flaw to the named member or element.
func (f *flaw) inMember(name string) *flaw {
	if f.path != "" && f.path[0] != '[' {
		name += "."
	}
	f.path = name + f.path
	return f
}

// value checks the next value, and moves past it.
func (w *walker) value(t reflect.Type) *flaw {
	w.skipSpace()
	start := w.at
	s := shapeOf(t)
	switch {
	case s == nil || s.list != nil && w.b[w.at] != '[' || s.list == nil && w.b[w.at] != '{':
		w.skipValue()
		if s != nil && s.list == nil && string(w.b[start:w.at]) == "null" {
			return flawed("is null; want an object")
		}
		if t == timeType {
			return checkTime(w.b[start:w.at])
		}
		return nil // of another type than expected: the decoder reports that
	case s.list != nil:
		return w.list(s.list)
	case s.values != nil:
		return w.named(s.values)
	}
	return w.object(s)
}

// named checks an object whose names the caller chooses, such as attributes: each is there once.
func (w *walker) named(value reflect.Type) *flaw {
	w.at++
	seen := map[string]bool{}
	for {
		w.skipSpace()
		switch w.b[w.at] {
		case '}':
			w.at++
			return nil
		case ',':
			w.at++
			continue
		}
		at := w.at
		name := w.readName()
		switch {
		case w.garbled != nil:
			return w.garbled.inMember(clip(name))
		case seen[name]:
			return flawed("is given twice, the second time at %s", position(w.b, int64(at))).inMember(clip(name))
		}
		seen[name] = true
		w.skipSpace()
		w.at++ // the colon
		w.skipSpace()
		f, given := w.member(&member{kind: value, required: true})
		if f = cmp.Or(f, w.garbled); f == nil && !given {
			f = flawed("is null; leave it out or give it a value")
		}
		if f != nil {
			return f.inMember(clip(name))
		}
	}
}

func (w *walker) list(elem reflect.Type) *flaw {
	w.at++
	for i := 0; ; i++ {
		if w.skipSpace(); w.b[w.at] == ']' {
			w.at++
			return nil
		}
		if w.b[w.at] == ',' {
			w.at++
		}
		if f := w.value(elem); f != nil {
			return f.inMember(fmt.Sprintf("[%d]", i))
		}
	}
}

func (w *walker) object(s *shape) *flaw {
	w.at++
	var seen, twice uint64 // members by position; a null member does not count as seen
	for {
		w.skipSpace()
		switch w.b[w.at] {
		case '}':
			w.at++
			for i := range s.members {
				if m := &s.members[i]; m.required && seen&(1<<i) == 0 {
					return flawed("is missing").inMember(m.name)
				}
			}
			return nil
		case ',':
			w.at++
			continue
		}
		at := w.at
		name := w.readName()
		if w.garbled != nil {
			return w.garbled.inMember(clip(name))
		}
		i, known := s.index[name]
		if !known {
			return flawed("is not a field of this request, at %s", position(w.b, int64(at))).inMember(clip(name))
		}
		if twice&(1<<i) != 0 {
			return flawed("is given twice, the second time at %s", position(w.b, int64(at))).inMember(name)
		}
		w.skipSpace()
		w.at++ // the colon
		w.skipSpace()
		f, given := w.member(&s.members[i])
		if f = cmp.Or(f, w.garbled); f != nil {
			return f.inMember(name)
		}
		twice |= 1 << i
		if given {
			seen |= 1 << i
		}
	}
}

// member checks the value of a member. Null counts as absent, except for a payload.
func (w *walker) member(m *member) (f *flaw, given bool) {
	switch rest := w.b[w.at:]; {
	case m.kind == payloadType:
		w.skipValue()
		return nil, true
	case m.kind == itemsType && !bytes.HasPrefix(rest, []byte("null")): // each element is checked by itself
		w.skipValue()
		w.garbled = nil
		return nil, true
	case bytes.HasPrefix(rest, []byte("null")):
		w.skipValue()
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

// readName moves past the name of a member.
func (w *walker) readName() string {
	start := w.at
	w.skipText()
	raw := w.b[start+1 : w.at-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var name string
	_ = json.Unmarshal(w.b[start:w.at], &name) // it is well formed
	return name
}

func (w *walker) skipSpace() {
	for w.at < len(w.b) && (w.b[w.at] == ' ' || w.b[w.at] == '\t' || w.b[w.at] == '\r' || w.b[w.at] == '\n') {
		w.at++
	}
}

// skipText moves past a string.
func (w *walker) skipText() {
	start := w.at
	defer func() {
		text := w.b[start:w.at]
		if at := history.HalfPair(text); at >= 0 {
			w.noteGarbled(start+at, "has half of a surrogate pair, "+string(text[at:at+6])+",")
		} else if !w.unicode && !utf8.Valid(text) {
			w.noteGarbled(start, "is no UTF-8,")
		}
	}()
	for w.at++; w.b[w.at] != '"'; w.at++ {
		if w.b[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
}

func (w *walker) noteGarbled(at int, what string) {
	if w.garbled == nil {
		w.garbled = flawed("%s at %s", what, position(w.b, int64(at)))
	}
}

// isZero reports whether the next value is the number 0, in any notation.
func isZero(b []byte) bool {
	end := len(b) - len(bytes.TrimLeft(b, "+-.0123456789eE"))
	mantissa, _, _ := strings.Cut(strings.ToLower(string(b[:end])), "e")
	return end > 0 && strings.Trim(mantissa, "-.0") == ""
}

// skipValue moves past any value.
func (w *walker) skipValue() {
	for depth := 0; w.at < len(w.b); {
		switch w.b[w.at] {
		case '"':
			w.skipText()
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

// shape is what checkMembers knows about a type that is an object or a list of objects.
type shape struct {
	members []member
	index   map[string]int
	list    reflect.Type // type of its elements; nil = it is an object
	values  reflect.Type // of an object whose names the caller chooses: the type of its values
}

type member struct {
	name     string
	kind     reflect.Type
	required bool   // it has no omitempty
	least    string // what is allowed, for a number that must not be 0; set by the tag least
}

var (
	shapes      sync.Map // reflect.Type -> *shape
	timeType    = reflect.TypeFor[time.Time]()
	payloadType = reflect.TypeFor[json.RawMessage]()
	itemsType   = reflect.TypeFor[[]json.RawMessage]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// shapeOf returns nil for types with other JSON rules, such as raw JSON.
func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	var s *shape
	switch {
	case t.Implements(unmarshaler), reflect.PointerTo(t).Implements(unmarshaler):
	case t.Kind() == reflect.Pointer:
		s = shapeOf(t.Elem())
	case t.Kind() == reflect.Map:
		s = &shape{values: t.Elem()}
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

// checkTime describes what is wrong with a time, because the decoder does not name the member.
func checkTime(b []byte) *flaw {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return flawed("is not a string; want an RFC 3339 time such as 2026-03-01T08:00:00Z")
	}
	if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
		return flawed("is %q; want an RFC 3339 time such as 2026-03-01T08:00:00Z", clip(text))
	}
	return nil
}

// mayBeEmpty reports whether an empty parameter or member means the same as an absent one to
// everybody.
func mayBeEmpty(name string) bool { return name == "message" || name == "reason" || name == "cursor" }
