package schema

import (
	"bytes"
	"context"
	"fmt"
	"runtime"

	"aion.dev/aion/internal/clip"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Bounds of a schema. Compiling takes time that grows with the square of its size.
const (
	maxBytes = 64 << 10
	maxDepth = 64
)

// Schema is one self-contained JSON Schema. It may be used by many goroutines.
type Schema struct {
	text []byte
	free chan *validator // idle validators
	more chan struct{}   // one for each validator that may still be compiled
}

// Compile compiles a schema of a loaded package. Its references must stay inside it, or lead to one
// of the published meta-schemas.
func Compile(text []byte) (*Schema, error) { return compile(text, 0) }

// CompileNew is Compile for a schema that is not loaded yet: patterns, at least 1, bounds the total
// instructions of its regular expressions.
func CompileNew(text []byte, patterns int) (*Schema, error) { return compile(text, patterns) }

func compile(text []byte, patterns int) (*Schema, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("it has %d bytes, the limit is %d", len(text), maxBytes)
	}
	if depth := nesting(text); depth > maxDepth {
		return nil, fmt.Errorf("it is nested %d deep, the limit is %d", depth, maxDepth)
	}
	v, err := compileValidator(text, patterns)
	if err != nil {
		return nil, err
	}
	most := runtime.GOMAXPROCS(0)
	s := &Schema{text: text, free: make(chan *validator, most), more: make(chan struct{}, most)}
	s.free <- v
	for range most - 1 {
		s.more <- struct{}{}
	}
	return s, nil
}

// nesting returns the depth of a valid JSON text.
func nesting(text []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '{' || c == '['):
			depth++
			deepest = max(deepest, depth)
		case !quoted && (c == '}' || c == ']'):
			depth--
		}
	}
	return deepest
}

// Check returns where (as a JSON pointer) and why a value does not fit; the reason is "" if it
// fits. An absent value counts as null. Check stops when ctx ends, and returns ctx's error.
func (s *Schema) Check(ctx context.Context, p []byte) (pointer, reason string, err error) {
	if len(p) == 0 {
		p = []byte("null")
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(p))
	if err != nil {
		return "", err.Error(), nil
	}
	if n := hugeNumber(v); n != "" {
		return "", fmt.Sprintf("the number %s is beyond what 64-bit floats hold", clip.Short(n)), nil
	}
	var checker *validator
	select {
	case checker = <-s.free:
	default:
		select {
		case checker = <-s.free:
		case <-s.more:
			if checker, err = compileValidator(s.text, 0); err != nil {
				s.more <- struct{}{}
				return "", err.Error(), nil
			}
		case <-ctx.Done():
			return "", "", context.Cause(ctx)
		}
	}
	defer func() { s.free <- checker }()
	return checker.check(ctx, v)
}
