package engine

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/lru"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// SchemaViolation: the input does not fit the input schema of the version that the run would start on.
type SchemaViolation struct {
	Type    string
	Version catalog.Version
	Pointer string // JSON pointer into the input; "" = the input as a whole
	Reason  string
}

func (e *SchemaViolation) Error() string {
	at := "the input"
	if e.Pointer != "" {
		at = "the input at " + e.Pointer
	}
	return fmt.Sprintf("%s does not fit the schema of %q (version %s): %s", at, e.Type, e.Version.Short(), e.Reason)
}

// Code implements the refusals' interface.
func (e *SchemaViolation) Code() string { return "invalid_input" }

// Facts implements the refusals' interface.
func (e *SchemaViolation) Facts() map[string]any {
	return map[string]any{"field": "input", "pointer": e.Pointer, "workflow_type": e.Type, "version": e.Version.String()}
}

// What an input schema may be. Compiling takes time that grows with the square of its size.
const (
	maxSchemaBytes = 64 << 10
	maxSchemaDepth = 64
)

// schema is one JSON Schema that stands alone. It may be used by many goroutines.
type schema struct {
	text []byte
	free chan *validator // idle ones
	more chan struct{}   // one for each that may still be compiled
}

// compileSchema compiles a schema: what it refers to must be inside it, or one of the published meta-schemas.
func compileSchema(text []byte) (*schema, error) { return compileBounded(text, 0) }

// compileBounded is compileSchema for a new schema: its regular expressions may have so many instructions together.
func compileBounded(text []byte, patterns int) (*schema, error) {
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("it has %d bytes, the limit is %d", len(text), maxSchemaBytes)
	}
	if depth := nesting(text); depth > maxSchemaDepth {
		return nil, fmt.Errorf("it is nested %d deep, the limit is %d", depth, maxSchemaDepth)
	}
	v, err := compileValidator(text, patterns)
	if err != nil {
		return nil, err
	}
	most := runtime.GOMAXPROCS(0)
	s := &schema{text: text, free: make(chan *validator, most), more: make(chan struct{}, most)}
	s.free <- v
	for range most - 1 {
		s.more <- struct{}{}
	}
	return s, nil
}

// nesting is the depth of a valid JSON text.
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

// nowhere refuses to fetch: the library's own loader would read files of the node that a schema names.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	if name, relative := strings.CutPrefix(url, schemaName); relative {
		url = name
	}
	return nil, fmt.Errorf("it refers to %s, which is outside the package", strings.TrimPrefix(url, "aion:"))
}

// checkSchemas refuses an archive with a schema that does not compile, or whose regular expressions have more instructions than patterns.
func checkSchemas(ctx context.Context, a *catalog.Archive, patterns int) error {
	if a.Rounded != "" {
		return &catalog.InvalidPackage{Reason: a.Rounded}
	}
	for i, w := range a.Manifest.Workflows {
		for _, s := range []struct {
			key  string
			text []byte
		}{{"input_schema", w.InputSchema}, {"output_schema", w.OutputSchema}} {
			if s.text == nil {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := compileBounded(s.text, patterns); err != nil {
				reason := strings.ReplaceAll(err.Error(), schemaName, "")
				return &catalog.InvalidPackage{Field: fmt.Sprintf("workflows[%d].%s", i, s.key), Reason: "is no JSON Schema: " + clip.To(reason, 500)}
			}
		}
	}
	return nil
}

// CheckSchemas refuses a package's schemas as a deploy does to a node with the default limits.
func CheckSchemas(ctx context.Context, a *catalog.Archive) error {
	return checkSchemas(ctx, a, Limits{}.withDefaults().SchemaPatterns)
}

// check returns where and why a value does not fit; the reason is "" if it fits. It ends with ctx, whose error it returns then.
func (s *schema) check(ctx context.Context, p history.Payload) (pointer, reason string, err error) {
	if len(p) == 0 {
		p = history.Payload("null")
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

// hugeNumber returns a number whose exponent is beyond 64-bit floats, or "". The validator computes with exact fractions: 1e999999 would cost it
// milliseconds and megabytes, and an input may hold a hundred thousand of them.
func hugeNumber(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			if n := hugeNumber(item); n != "" {
				return n
			}
		}
	case []any:
		for _, item := range v {
			if n := hugeNumber(item); n != "" {
				return n
			}
		}
	case interface{ Float64() (float64, error) }: // json.Number
		s := fmt.Sprint(v)
		if i := strings.IndexAny(s, "eE"); i >= 0 {
			if e, err := strconv.Atoi(s[i+1:]); err != nil || e < -400 || e > 400 {
				return s
			}
		}
	}
	return ""
}

// schemas keeps compiled input schemas by their digest. The text comes from the package's archive.
type schemas struct {
	programs *programs
	cache    *lru.Cache[catalog.Digest, *schema]
	outputs  *lru.Cache[catalog.Digest, *schema] // by version and type
}

func (s *schemas) get(ctx context.Context, pkg *catalog.Package, member *catalog.Member) (*schema, error) {
	if got, ok := s.cache.Get(member.InputSchema); ok {
		return got, nil
	}
	archive, err := s.programs.archive(ctx, pkg)
	if err != nil {
		return nil, &Unavailable{Why: fmt.Sprintf("the input schema of %q cannot be read now: %v", member.Type, err)}
	}
	w, ok := archive.Workflow(member.Type)
	if !ok {
		return nil, fmt.Errorf("engine: the archive of version %s does not carry %q", pkg.Version, member.Type)
	}
	compiled, err := compileSchema(w.InputSchema)
	if err != nil {
		return nil, fmt.Errorf("engine: the input schema of %q in version %s: %w", member.Type, pkg.Version, err)
	}
	s.cache.Put(member.InputSchema, compiled)
	return compiled, nil
}
