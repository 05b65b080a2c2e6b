package schema

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// rows is a JSON array of n items, made by a format with %d.
func rows(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
		items[i], _, _ = strings.Cut(items[i], "%!") // a format without %d
	}
	return "[" + strings.Join(items, ",") + "]"
}

// Each of these would take minutes, or gigabytes, if the work that the library does before, between
// and instead of descending into subschemas were not counted. The budget here is small, and the
// test looks at what was spent, not at time.
func TestEveryKeywordPays(t *testing.T) {
	numbers := rows(50_000, "%d.5")
	same := `[[` + strings.Repeat(`[1],`, 10_000) + `1]`
	for name, c := range map[string]struct{ schema, input string }{
		"enum of many":           {`{"items":{"enum":` + rows(5000, "%d") + `}}`, numbers},
		"enum of large ones":     {`{"items":{"enum":[` + rows(5000, "%d") + `]}}`, rows(2000, rows(500, "1"))},
		"const":                  {`{"items":{"anyOf":` + rows(1000, `{"const":%d}`) + `}}`, numbers},
		"types that fail":        {`{"items":{"anyOf":` + rows(2000, `{"type":"string"}`) + `}}`, numbers},
		"false":                  {`{"items":{"oneOf":` + rows(2000, `false`) + `}}`, numbers},
		"false that is not":      {`{"items":{"not":{"anyOf":` + rows(2000, `false`) + `}}}`, numbers},
		"required":               {`{"items":{"required":` + rows(5000, `"%d"`) + `}}`, rows(50_000, `{}`)},
		"dependent":              {`{"items":{"dependentRequired":{"a":` + rows(5000, `"%d"`) + `}}}`, rows(20_000, `{"a":1}`)},
		"dependencies":           {`{"$schema":"http://json-schema.org/draft-07/schema","items":{"dependencies":{"a":` + rows(5000, `"%d"`) + `}}}`, rows(20_000, `{"a":1}`)},
		"pattern":                {`{"pattern":"^(?:a*[ab]?){700}c$"}`, `"` + strings.Repeat("a", 100_000) + `"`},
		"pattern without anchor": {`{"pattern":"(x+x+)+y"}`, `"` + strings.Repeat("x", 400_000) + `"`},
		"pattern of members":     {`{"patternProperties":` + strings.ReplaceAll(strings.ReplaceAll(rows(100, `"(a|b|%d)+$":{}`), "[", "{"), "]", "}") + `}`, strings.NewReplacer("[", "{", "]", "}").Replace(rows(20_000, `"aaaabbbb%d":1`))},
		"names":                  {`{"propertyNames":{"pattern":"^(a?){200}$"}}`, strings.NewReplacer("[", "{", "]", "}").Replace(rows(20_000, `"aaaabbbb%d":1`))},
		"contains":               {`{"allOf":` + rows(500, `{"contains":{"const":"%d"}}`) + `}`, numbers},
		"unique":                 {`{"uniqueItems":true}`, rows(50_000, `[[%d,"a","b","c"]]`)},
		"unique at every level":  {`{"allOf":` + rows(200, `{"items":{"uniqueItems":true}}`) + `}`, rows(100, rows(200, "%d"))},
		"unevaluated":            {`{"unevaluatedItems":false,"allOf":` + rows(500, `{"prefixItems":[true]}`) + `}`, numbers},
		"numbers":                {`{"items":{"multipleOf":` + "1" + strings.Repeat("0", 4000) + `}}`, numbers},
		"format":                 {`{"$schema":"http://json-schema.org/draft-07/schema","items":{"format":"uri-reference"}}`, rows(1000, `"`+strings.Repeat("a", 1000)+`"`)},
		"itself":                 {`{"anyOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}},{"type":"string"}],"not":{"type":"number"}}`, strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60)},
		"itself in a loop":       {`{"$defs":{"a":{"anyOf":[{"items":{"$ref":"#/$defs/a"}},{"items":{"$ref":"#/$defs/a"}}],"not":{"type":"number"}}},"$ref":"#/$defs/a"}`, same + `]`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Compile([]byte(c.schema))
			if err != nil {
				t.Fatal(err)
			}
			v := <-s.free
			v.budget = 2 << 20
			s.free <- v
			if _, reason, err := s.Check(t.Context(), []byte(c.input)); reason != errBudget.Error() || err != nil {
				t.Errorf("%.200q %v, %d of %d are left", reason, err, v.left, v.budget)
			}
		})
	}
}

// Items that collide in the library's own hash, which does not encode where a list ends: comparing
// each with each would take minutes.
func TestUniqueItemsWithoutCollisions(t *testing.T) {
	s, err := Compile([]byte(`{"uniqueItems":true}`))
	if err != nil {
		t.Fatal(err)
	}
	var items []string // 2^14 ways to close 14 open lists
	for i := range 1 << 14 {
		text, open := strings.Repeat("[", 15), 15
		for bit := range 14 {
			if text += "1"; i>>bit&1 == 1 {
				text += "]"
				open--
			}
			text += ","
		}
		items = append(items, text+"1"+strings.Repeat("]", open))
	}
	if _, reason, err := s.Check(t.Context(), []byte("["+strings.Join(items, ",")+"]")); reason != "" || err != nil {
		t.Errorf("%s %v", reason, err)
	}
	if _, reason, _ := s.Check(t.Context(), []byte("["+strings.Join(items, ",")+","+items[77]+"]")); reason != "items at 77 and 16,384 are equal" {
		t.Errorf("got %q", reason)
	}
}

// Keywords that are checked here instead of in the library get the library's verdicts and wording.
func TestOwnKeywordsAreTheLibrarys(t *testing.T) {
	values := []string{
		`1`, `1.0`, `10e-1`, `-1`, `0`, `-0`, `0.1`, `1e400`, `null`, `true`, `false`, `""`, `"1"`, `"a"`, `"aa"`, `[]`, `[[]]`, `[1]`, `[1.0]`, `["a","a"]`, `["aa"]`, `["a","sa"]`,
		`{}`, `{"a":1}`, `{"a":1.0,"b":2}`, `{"b":2,"a":1}`, `{"a":null}`, `[1,1.0]`, `[[1],[1]]`, `[[1,2],[2,1]]`, `[{"a":1,"b":2},{"b":2.0,"a":1}]`, `[1,true]`, `[0,false,null,""]`, `["1",1]`,
	}
	var schemas []string
	for _, v := range values {
		schemas = append(schemas, `{"const":`+v+`}`, `{"enum":[`+v+`,"z"]}`, `{"not":{"const":`+v+`}}`, `{"type":["array","object","integer"],"enum":[`+v+`]}`)
	}
	schemas = append(schemas, `{"uniqueItems":true}`, `{"uniqueItems":false}`, `{"items":{"uniqueItems":true}}`, `{"pattern":"^a+$"}`, `{"contains":{"enum":[1,"a"]}}`,
		`{"$schema":"http://json-schema.org/draft-07/schema","format":"regex"}`, `{"$schema":"http://json-schema.org/draft-07/schema","format":"date","enum":["a"]}`,
		`{"anyOf":[{"const":1},{"enum":["a",[]]},{"minProperties":1}]}`, `{"$ref":"#/$defs/x","$defs":{"x":{"const":1}}}`)
	for _, text := range schemas {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(schemaName, doc); err != nil {
			t.Fatal(err)
		}
		theirs, err := c.Compile(schemaName)
		if err != nil {
			t.Fatal(text, err)
		}
		ours, err := compileValidator([]byte(text), 3000)
		if err != nil {
			t.Fatal(text, err)
		}
		for _, value := range values {
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(value)))
			if err != nil {
				t.Fatal(err)
			}
			want := theirs.Validate(v)
			at, reason, err := ours.check(t.Context(), v)
			if err != nil || (reason == "") != (want == nil) {
				t.Errorf("%s and %s: %q %v, the library says %v", text, value, reason, err, want)
			}
			var leaf *jsonschema.ValidationError
			if errors.As(want, &leaf) {
				for len(leaf.Causes) > 0 {
					leaf = leaf.Causes[0]
				}
				if words := leaf.BasicOutput().Error.String(); words != reason && len(words) < 500 {
					t.Errorf("%s and %s at %q: %q, the library says %q", text, value, at, reason, words)
				}
			}
		}
	}
}
