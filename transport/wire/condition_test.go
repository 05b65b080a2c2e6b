package wire

import "testing"

func TestCutCondition(t *testing.T) {
	for text, want := range map[string]Condition{
		"a=1":          {Field: "a", Plain: true, Op: "=", Value: "1"},
		"a>=1":         {Field: "a", Plain: true, Op: ">=", Value: "1"},
		"a^=x=y":       {Field: "a", Plain: true, Op: "^=", Value: "x=y"},
		`a="=1"`:       {Field: "a", Plain: true, Op: "=", Value: `"=1"`},
		`"status">"x"`: {Field: "status", Op: ">", Value: `"x"`},
	} {
		got, ok := CutCondition(text)
		if !ok || got != want || got.String() != text {
			t.Errorf("%s is read as %+v (%v), which is written %s", text, got, ok, got)
		}
	}
	for _, slip := range []string{"", "a", "=1", "a==1", "a>>1", "a=>1", "a<>1"} {
		if got, ok := CutCondition(slip); ok {
			t.Errorf("%s is read as %+v", slip, got)
		}
	}
}
