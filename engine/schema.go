package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
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

// schema is one compiled JSON Schema. It may be used by many goroutines.
type schema struct{ compiled *jsonschema.Schema }

// compileSchema compiles a schema that stands alone: what it refers to must be inside it, or one of the published meta-schemas.
func compileSchema(text []byte) (*schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	const name = "mem:schema"
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(name)
	if err != nil {
		return nil, err
	}
	return &schema{compiled}, nil
}

// nowhere refuses to fetch: the library's own loader would read files of the node that a schema names.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s, which is outside the package", url)
}

// checkSchemas refuses an archive with a schema that does not compile.
func checkSchemas(a *catalog.Archive) error {
	for i, w := range a.Manifest.Workflows {
		for _, s := range []struct {
			key  string
			text []byte
		}{{"input_schema", w.InputSchema}, {"output_schema", w.OutputSchema}} {
			if s.text == nil {
				continue
			}
			if _, err := compileSchema(s.text); err != nil {
				field := fmt.Sprintf("workflows[%d].%s", i, s.key)
				return &catalog.InvalidPackage{Field: field, Reason: "is no JSON Schema: " + strings.ReplaceAll(err.Error(), "mem:schema", "")}
			}
		}
	}
	return nil
}

// check returns where and why a value does not fit; the reason is "" if it fits.
func (s *schema) check(p history.Payload) (pointer, reason string) {
	if len(p) == 0 {
		p = history.Payload("null")
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(p))
	if err != nil {
		return "", err.Error()
	}
	if n := hugeNumber(v); n != "" {
		return "", fmt.Sprintf("the number %s is beyond what 64-bit floats hold", clip(n))
	}
	var violation *jsonschema.ValidationError
	switch err := s.compiled.Validate(v); {
	case err == nil:
		return "", ""
	case !errors.As(err, &violation):
		return "", err.Error()
	}
	for len(violation.Causes) > 0 { // the first leaf says most
		violation = violation.Causes[0]
	}
	var b strings.Builder
	for _, token := range violation.InstanceLocation {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return b.String(), clipTo(violation.BasicOutput().Error.String(), 500)
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
	cache    *keep[catalog.Digest, *schema]
}

func (s *schemas) get(ctx context.Context, pkg *catalog.Package, member *catalog.Member) (*schema, error) {
	if got, ok := s.cache.get(member.InputSchema); ok {
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
	s.cache.put(member.InputSchema, compiled)
	return compiled, nil
}
