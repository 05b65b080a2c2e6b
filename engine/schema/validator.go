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

// validator is a compiled schema with a budget, used by one goroutine at a time. The library knows
// no budget, and a schema of a few hundred bytes can ask for 2^50 steps: each of its definitions
// need only refer twice to the next. So every subschema gets a format, which the library checks
// before it descends into the subschema; that format pays. What the library would do before, or in
// a way whose cost nobody can tell (enum, const, uniqueItems), the format does itself; what it does
// for free after a subschema has failed is paid by the subschema above. See price.go.
type validator struct {
	root     *jsonschema.Schema
	prices   map[*jsonschema.Schema]*price
	patterns *patterns

	// Of the check under way.
	ctx    context.Context
	budget int // checkBudget, but for tests
	left   int
	looked int // left when ctx was last looked at
}

// checkBudget is how much one check may cost, in bytes of text that is read once. It takes about a
// second.
const checkBudget = 32 << 20

// schemaName is where a schema stands, for what it refers to by a relative reference: at the root
// of a place with nothing else in it. formerName, which has no root, made every relative reference
// one to the schema itself.
const (
	schemaName = "aion:///"
	formerName = "mem:schema"
)

// nowhere refuses to fetch: the library's own loader would read files of the node that a schema
// names.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	if name, relative := strings.CutPrefix(url, schemaName); relative {
		url = name
	}
	return nil, fmt.Errorf("it refers to %s, which is outside the package", strings.TrimPrefix(url, "aion:"))
}

// errBudget is what the budget's end panics with, from within the library.
var errBudget = errors.New("checking the input takes too many steps")

// interrupted is what the end of the caller's context panics with.
type interrupted struct{ cause error }

// compileValidator compiles a schema. patterns bounds the instructions of its regular expressions;
// 0 is for schemas that are loaded already, and keep working.
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
			all = append(all, ctx.Enqueue(nil)) // the schema that is being compiled
			return nil, nil
		},
	})
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	if v.root, err = c.Compile(name); err != nil {
		if v.patterns.refused != nil { // the library says it in its own way, or not at all
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

// spend pays n, and looks from time to time whether anybody still waits for the check.
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

// check returns where and why a value does not fit; the reason is "" if it fits. The error is that
// of ctx.
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
	for len(violation.Causes) > 0 { // the first leaf says most
		violation = violation.Causes[0]
	}
	var at strings.Builder
	for _, token := range violation.InstanceLocation {
		at.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return at.String(), clip.To(textOf(violation), 500), nil
}
