package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validator is a compiled schema with a budget, used by one goroutine at a time. The library knows no budget, and a schema of a few hundred bytes can ask for 2^50
// steps: each of its definitions need only refer twice to the next. So every subschema gets a format, which the library checks before it descends
// into the subschema; that format counts.
type validator struct {
	root   *jsonschema.Schema
	budget int // checkBudget, but for tests
	left   int
}

// checkBudget is how much one check may cost: a subschema applied to a value is 1, and more for what is long.
const (
	checkBudget = 500_000
	lengthUnit  = 64 // bytes, items or properties that cost as much as one step
)

const schemaName = "mem:schema"

// errBudget is what the budget's end panics with, from within the library.
var errBudget = errors.New("checking the input takes too many steps")

func compileValidator(text []byte) (v *validator, err error) {
	defer func() { // schemas come from deploys, and the library is not ours
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("the schema compiler panicked: %v", p)
		}
	}()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var all []*jsonschema.Schema
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertVocabs()
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL: "mem:budget",
		Compile: func(ctx *jsonschema.CompilerContext, _ map[string]any) (jsonschema.SchemaExt, error) {
			all = append(all, ctx.Enqueue(nil)) // the schema that is being compiled
			return nil, nil
		},
	})
	if err := c.AddResource(schemaName, doc); err != nil {
		return nil, err
	}
	v = &validator{budget: checkBudget}
	if v.root, err = c.Compile(schemaName); err != nil {
		return nil, err
	}
	for _, s := range all {
		s.Format = v.counting(s.Format)
	}
	return v, nil
}

// counting wraps the format of a subschema, nil if it has none.
func (v *validator) counting(f *jsonschema.Format) *jsonschema.Format {
	counted := &jsonschema.Format{Validate: func(value any) error {
		v.spend(value)
		return nil
	}}
	if f != nil {
		counted.Name = f.Name
		counted.Validate = func(value any) error {
			v.spend(value)
			return f.Validate(value)
		}
	}
	return counted
}

func (v *validator) spend(value any) {
	v.left--
	switch value := value.(type) {
	case string:
		v.left -= len(value) / lengthUnit
	case []any:
		v.left -= len(value) / lengthUnit
	case map[string]any:
		v.left -= len(value) / lengthUnit
	}
	if v.left < 0 {
		panic(errBudget)
	}
}

// check returns where and why a value does not fit; the reason is "" if it fits.
func (v *validator) check(value any) (pointer, reason string) {
	v.left = v.budget
	defer func() {
		if p := recover(); p != nil {
			pointer, reason = "", fmt.Sprint(p)
		}
	}()
	var violation *jsonschema.ValidationError
	switch err := v.root.Validate(value); {
	case err == nil:
		return "", ""
	case !errors.As(err, &violation):
		return "", err.Error()
	}
	for len(violation.Causes) > 0 { // the first leaf says most
		violation = violation.Causes[0]
	}
	var at strings.Builder
	for _, token := range violation.InstanceLocation {
		at.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return at.String(), clipTo(violation.BasicOutput().Error.String(), 500)
}
