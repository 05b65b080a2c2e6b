package jsonvectors

import "strings"

// Lists are texts that are lists, and texts that nearly are.
func Lists() []string {
	return []string{
		`[]`, ` [ ] `, `["a","b"]`, "[\t\"a\" ,\r\n\"b\"]\n", `["a",1,-0.5e+3,true,false,null,{"a":[1,{}]},[[]]]`, `["\u00e9\ud800\"\\\/\b\f\n\r\t"]`, "[\"\xff\"]", `["a","a"]`,
		``, `[`, `]`, `["a"`, `["a",]`, `[,]`, `["a" "b"]`, `["a"]x`, `["a"]]`, `[01]`, `[1.]`, `[.5]`, `[-]`, `[+1]`, `[1e]`, `[1e+]`, `[nul]`, `[True]`, `["\x"]`, `["\u12g4"]`, `["\u12"]`, "[\"\n\"]", `["a]`,
		`[{"a"}]`, `[{"a":}]`, `[{a:1}]`, `[{"a":1,}]`, `[{}`, `{"a":[]}`, `"[]"`, `null`, "[\v]", "\ufeff[]", `['a']`, `[1,2`,
		strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999), strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	}
}
