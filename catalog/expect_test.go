package catalog_test

import (
	"testing"

	"aion.dev/aion/catalog"
)

func TestParseExpect(t *testing.T) {
	for s, want := range map[string]catalog.Expect{
		"order=none":       {Type: "order", Ref: "none"},
		"order=abcdef":     {Type: "order", Ref: "abcdef"},
		"a.b:c@d-e=012345": {Type: "a.b:c@d-e", Ref: "012345"},
	} {
		if got, err := catalog.ParseExpect(s); err != nil || got != want {
			t.Errorf("%s: got %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "order", "=none", "order=", "order=abcde", "order=None", "order=ABCDEF", "a/b=none", "order=abcdef=1"} {
		_, err := catalog.ParseExpect(s)
		refused(t, err, "invalid_input", "expect_route")
	}
}
