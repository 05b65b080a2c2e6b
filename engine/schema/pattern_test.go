package schema

import (
	"strings"
	"testing"
)

// A new schema is refused if its regular expressions are too long; a loaded one keeps working.
func TestPatternsOfNewSchemas(t *testing.T) {
	for _, c := range []struct {
		schema string
		limit  int
		fits   bool
	}{
		{`{"pattern":"^(?:a*[ab]?){900}c$"}`, 3000, false},
		{`{"pattern":"^[a-z0-9-]{1,63}$"}`, 3000, true},
		{`{"pattern":"^.{1,1000}$"}`, 3000, true},
		{`{"properties":{"a":{"pattern":"^.{1,1000}$"},"b":{"pattern":"^.{2,1000}$"}}}`, 3000, false},
		{`{"properties":{"a":{"pattern":"^.{1,1000}$"},"b":{"pattern":"^.{1,1000}$"}}}`, 3000, true}, // it is one
		{`{"patternProperties":{"^.{1,1000}$":{},"^.{1,999}$":{}}}`, 3000, false},
		{`{"$defs":{"unused":{"not":{"items":{"pattern":"((ab){100}){10}c"}}}}}`, 2000, false},
		{`{"enum":["(a{1000}){1}"]}`, 100, true}, // not a pattern
		{`{"minimum":1e999}`, 3000, false},
	} {
		_, err := CompileNew([]byte(c.schema), c.limit)
		if (err == nil) != c.fits || err != nil && !strings.Contains(err.Error(), "limit is") && !strings.Contains(err.Error(), "1e999") {
			t.Errorf("%s: %v", c.schema, err)
		}
		if _, err := Compile([]byte(c.schema)); err != nil {
			t.Errorf("%s is loaded, and does not compile any more: %v", c.schema, err)
		}
	}
}
