package schema

import (
	"fmt"
	"strings"
	"testing"
)

// doubling returns a schema of n definitions. Each one applies the next one twice, through the
// given keyword.
func doubling(n int, apply, leaf string) string {
	var defs []string
	for i := range n {
		next := fmt.Sprintf(`{"$ref":"#/$defs/a%d"}`, i+1)
		defs = append(defs, fmt.Sprintf(`"a%d":%s`, i, fmt.Sprintf(apply, next, next)))
	}
	return fmt.Sprintf(`{"$ref":"#/$defs/a0","$defs":{%s,"a%d":%s}}`, strings.Join(defs, ","), n, leaf)
}

// under moves a schema below a keyword of another one.
func under(keyword, schema string) string {
	return fmt.Sprintf(`{%q:%s}`, keyword, strings.ReplaceAll(schema, "#/$defs", "#/"+keyword+"/$defs"))
}

func TestASchemaCannotKeepANodeBusy(t *testing.T) {
	for name, schema := range map[string]string{
		"all, fits":         doubling(60, `{"allOf":[%s,%s]}`, `true`),
		"all":               doubling(60, `{"allOf":[%s,%s]}`, `{"type":"string"}`),
		"any":               doubling(60, `{"anyOf":[%s,%s]}`, `false`),
		"one":               doubling(60, `{"oneOf":[%s,%s]}`, `{"minProperties":0}`),
		"not any":           under("not", doubling(60, `{"anyOf":[%s,%s]}`, `false`)),
		"dependent":         doubling(60, `{"dependentSchemas":{"x":%s,"y":%s}}`, `false`),
		"not dependent":     under("not", doubling(60, `{"dependencies":{"x":%s,"y":%s}}`, `false`)),
		"if and then":       doubling(60, `{"if":%s,"then":%s}`, `true`),
		"by dynamic anchor": strings.Replace(doubling(60, `{"allOf":[%s,%s]}`, `true`), `"$ref":"#/$defs/a0","$defs":{`, `"$dynamicRef":"#n","$defs":{"n":{"$dynamicAnchor":"n","$ref":"#/$defs/a0"},`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Compile([]byte(schema))
			if err != nil {
				t.Fatal(err)
			}
			v := <-s.free
			v.budget = 640_000 // the real budget takes a second for each
			s.free <- v
			if _, reason, _ := s.Check(t.Context(), []byte(`{"x":{},"y":{}}`)); reason != errBudget.Error() {
				t.Errorf("got %q", reason)
			}
			if <-s.free != v {
				t.Error("the validator is lost")
			}
		})
	}
}

func TestALargeOrDeepSchemaIsRefused(t *testing.T) {
	for name, schema := range map[string]string{
		"large": `{"enum":["` + strings.Repeat("x", maxBytes) + `"]}`,
		"deep":  strings.Repeat(`{"items":`, maxDepth) + `{}` + strings.Repeat(`}`, maxDepth),
	} {
		if _, err := Compile([]byte(schema)); err == nil || !strings.Contains(err.Error(), "limit") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Compile([]byte(`{"const":"[[[[\\\"{{{{"}`)); err != nil {
		t.Error(err)
	}
	if got := nesting([]byte(`{"a":["]",{"b":"\\\"[["}]}`)); got != 3 {
		t.Errorf("got %d", got)
	}
}

func TestALargeInputIsChecked(t *testing.T) {
	s, err := Compile([]byte(`{"type":"array","items":{"type":"object","required":["sku"],"properties":{"sku":{"type":"string","minLength":1},"n":{"type":"integer"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	input := []byte("[" + strings.Repeat(`{"sku":"abc","n":12345},`, 60_000) + `{"sku":"x"}]`)
	if at, reason, _ := s.Check(t.Context(), input); reason != "" {
		t.Errorf("%s at %q", reason, at)
	}
}

// What was deployed before annotations were looked at goes on: only new schemas are refused.
func TestLoadedAnnotationsStay(t *testing.T) {
	text := []byte(`{"type":"integer","title":1,"format":null,"deprecated":"x"}`)
	s, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, reason, err := s.Check(t.Context(), []byte("7")); reason != "" || err != nil {
		t.Errorf("7: %s, %v", reason, err)
	}
	if _, err := CompileNew(text, DefaultPatterns); err == nil {
		t.Error("a new one is taken")
	}
}
