package schema

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/internal/clip"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validator is a compiled schema with a budget. One goroutine uses it at a time. The library has no
// budget, and a schema of a few hundred bytes can ask for 2^50 steps: it suffices that each of its
// definitions refers twice to the next. So every subschema gets a format, which the library checks
// before it descends into the subschema, and that format charges for it. Where the library would
// work before that, or at a cost that cannot be predicted (enum, const, uniqueItems), the format
// does the work itself. Work that the library does after a subschema has failed is charged to the
// subschema above. See price.go.
type validator struct {
	root     *jsonschema.Schema
	prices   map[*jsonschema.Schema]*price
	patterns *patterns

	// The check in progress:
	ctx    context.Context
	budget int // checkBudget, except in tests
	left   int
	looked int // what was left when ctx was last checked
}

// checkBudget bounds the cost of one check, in bytes of text read once. Spending it takes about a
// second.
const checkBudget = 32 << 20

// schemaName is the location of a schema, against which its relative references are resolved: the
// root of a place that contains nothing else. formerName had no root, so every relative reference
// referred to the schema itself.
const (
	schemaName = "aion:///"
	formerName = "mem:schema"
)

// nowhere fetches nothing: the library's own loader would read any file of the node that a schema
// names.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	if name, relative := strings.CutPrefix(url, schemaName); relative {
		url = name
	}
	return nil, fmt.Errorf("it refers to %s, which is outside the package", strings.TrimPrefix(url, "aion:"))
}

// errBudget is the panic, from within the library, when the budget is spent.
var errBudget = errors.New("checking the input takes too many steps")

// interrupted is the panic when the caller's context ends.
type interrupted struct{ cause error }

// compileValidator compiles a schema. patterns bounds the instructions of its regular expressions;
// 0 is for schemas of loaded packages, which must keep working.
func compileValidator(text []byte, patterns int) (*validator, error) {
	v, err := compileNamed(schemaName, text, patterns)
	if err != nil && patterns == 0 {
		if former, err := compileNamed(formerName, text, patterns); err == nil {
			return former, nil
		}
	}
	return v, err
}

func compileNamed(name string, text []byte, patterns int) (v *validator, err error) {
	defer func() { // schemas come from deploys, and the library is not ours
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("the schema compiler panicked: %v", p)
		}
	}()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if n := hugeNumber(doc); patterns > 0 && n != "" {
		return nil, fmt.Errorf("the number %s is beyond what 64-bit floats hold", clip.Short(n))
	}
	v = &validator{budget: checkBudget, prices: make(map[*jsonschema.Schema]*price)}
	v.patterns = newPatterns(patterns, v.spend)
	var all []*jsonschema.Schema
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.UseRegexpEngine(v.patterns.compile)
	c.AssertVocabs()
	var told *jsonschema.Schema // loaded schemas were taken without a look at these
	if patterns > 0 {
		told = annotations()
	}
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL:    "mem:budget",
		Schema: told,
		Compile: func(ctx *jsonschema.CompilerContext, _ map[string]any) (jsonschema.SchemaExt, error) {
			all = append(all, ctx.Enqueue(nil)) // the schema being compiled
			return nil, nil
		},
	})
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	if v.root, err = c.Compile(name); err != nil {
		if v.patterns.refused != nil { // the library would reword it, or not report it at all
			return nil, v.patterns.refused
		}
		return nil, err
	}
	if round := cycle(all); patterns > 0 && round != "" {
		return nil, errors.New(round)
	}
	v.patterns.sealed = true
	for _, s := range all {
		if v.prices[s] == nil {
			v.prices[s] = v.priceOf(s)
		}
	}
	return v, nil
}

// spend charges n, and from time to time checks whether the caller still waits.
func (v *validator) spend(n int) {
	const look = 64 << 10
	v.left -= n
	if v.left < 0 {
		panic(errBudget)
	}
	if v.looked-v.left > look {
		v.looked = v.left
		if v.ctx.Err() != nil {
			panic(interrupted{context.Cause(v.ctx)})
		}
	}
}

// check returns where and why a value does not fit; the reason is "" if it fits. The error is
// ctx's.
func (v *validator) check(ctx context.Context, value any) (pointer, reason string, err error) {
	v.ctx, v.left, v.looked = ctx, v.budget, v.budget
	defer func() {
		v.ctx = nil
		switch p := recover().(type) {
		case nil:
		case interrupted:
			err = p.cause
		default:
			pointer, reason = "", fmt.Sprint(p)
		}
	}()
	var violation *jsonschema.ValidationError
	switch err := v.root.Validate(value); {
	case err == nil:
		return "", "", nil
	case !errors.As(err, &violation):
		return "", err.Error(), nil
	}
	for len(violation.Causes) > 0 { // the first leaf is the most specific
		violation = violation.Causes[0]
	}
	var at strings.Builder
	for _, token := range violation.InstanceLocation {
		at.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return at.String(), clip.To(textOf(violation), 500), nil
}
