// Package jsonvectors decides how every JSON input of a node must treat a text. It is one table,
// which the tests of each input run through. It never reads JSON itself. Begin with Texts.
package jsonvectors

import "strings"

// Verdict is how a text must be treated.
type Verdict int

const (
	Taken  Verdict = iota // JSON that workflow code can hold: it round-trips unchanged
	Beyond                // JSON that workflow code cannot hold: refused wherever code would get it
	Broken                // not JSON: refused everywhere
)

// Text is one row of the table.
type Text struct {
	Text string
	Verdict
	Words string // for Beyond: part of the refusal of a payload
}

// Texts lists every text once.
func Texts() (all []Text) {
	for _, text := range taken {
		all = append(all, Text{text, Taken, ""})
	}
	for _, text := range broken {
		all = append(all, Text{text, Broken, ""})
	}
	return append(all, beyond...)
}

var taken = []string{
	// Literals and white space.
	`null`, `true`, `false`, ` null`, "null ", "\t\r\n true \n", `""`, `[]`, `{}`, `[ ]`, "{\n}", ` [ 1 , 2 ] `, "{\t\"a\"\r:\n1 , \"b\" : [ ] }",
	// Numbers of every shape.
	`0`, `-0`, `1`, `-1`, `42`, `0.0`, `-0.0`, `0.5`, `1.0`, `10.25`, `-1.5`, `1e5`, `1E5`, `1e+5`, `1e-5`, `1E+05`, `0e0`, `0E+1`, `0e99999`, `1.5e3`, `-1.5E-3`, `123456789`, `20e1`, `1e00`,
	`9007199254740991`, `9007199254740992`, `9007199254740993`, `-9007199254740993`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775809`, `18446744073709551616`,
	`123456789012345678901234567890`, `0.1`, `0.30000000000000004`, `0.1000000000000000055511151231257827`, `1.7976931348623157e308`, `-1.7976931348623157e308`, `5e-324`, `4.9e-324`, `1e-400`,
	`0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000001`, strings.Repeat("9", 1000), `1.` + strings.Repeat("0", 500), `1e0000000000000000000000000001`,
	// Texts: escapes, surrogates, and characters that need no escape.
	`"a"`, `"\""`, `"\\"`, `"\/"`, `"/"`, `"\b\f\n\r\t"`, `"\u0000"`, `"\u001f"`, `"\u0041"`, `"\u00e9"`, `"é"`, `"\u20ac"`, `"€"`, `"\ud83d\ude00"`, `"\uD83D\uDE00"`, `"😀"`, `"\uDBFF\uDFFF"`, `"\uffff"`,
	`"\ufffe"`, `"\ufeff"`, "\"\ufeff\"", "\"\u007f\"", "\"\u0080\u009f\"", "\"\u2028\u2029\"", `"\u2028"`, "\"\U0010ffff\"", "\"\ufdd0\uffff\"", `"\\u0041"`, `"\\\""`, `"\\ud800"`, `"<>&"`, `"\u003c"`,
	`"a\u0300"`, `"[1,{"`, `"\u005C"`, `"\u0022"`, `" "`, "\"\u00a0\"", `"'"`, `"//"`, `"/* */"`, `"` + strings.Repeat("x", 10_000) + `"`, `"` + strings.Repeat(`\u00e9`, 1000) + `"`,
	// Lists.
	`[1]`, `[null]`, `[1,"a",true,null,{},[]]`, `[[]]`, `[[[]],[]]`, `[1,1]`, `[""]`, strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat("[", 201) + strings.Repeat("]", 201),
	"[" + strings.Repeat("1,", 999) + "1]", "[\n1\n,\n2\n]",
	// Objects: names, their order, repeated ones.
	`{"a":1}`, `{"":0}`, `{"a":{"b":{"c":null}}}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{"\u0000":1}`, `{"é":1,"e\u0301":2}`, `{"😀":1}`, `{"__proto__":1}`,
	`{"a b":1}`, `{"\"":1}`, `{"Type":1,"type":2}`, `{"a":[{"b":[{}]}]}`, `{"1":1,"10":2,"2":3}`, strings.Repeat(`{"a":`, 200) + "0" + strings.Repeat("}", 200),
}

var broken = []string{
	// Nothing, or more than one value. An empty text is not a value, but it means "no payload"
	// where a payload is optional.
	` `, "\n", "\t\t", `1 2`, `1,2`, `[] []`, `{}{}`, `""""`, `null null`, `[]]`, `{}}`, `1]`, `[1],`, `,`, `,1`, `null,`, `{} x`, "1\x00", "\x00", "\x001", `1;`, `[]#`, `{}//`, `{}/**/`, `1 // one`,
	// Literals.
	`nul`, `nulll`, `Null`, `NULL`, `True`, `TRUE`, `tru`, `trues`, `fals`, `undefined`, `nil`, `None`, `NaN`, `-NaN`, `Infinity`, `-Infinity`, `+Infinity`, `Inf`, `a`, `'a'`, "`a`", `*`, `=`, `.`, `\`,
	// Numbers.
	`+1`, `++1`, `--1`, `-`, `+`, `- 1`, `-a`, `01`, `-01`, `00`, `-00`, `007`, `00.5`, `-00.0`, `00e0`, `1.`, `-1.`, `0.`, `.1`, `-.1`, `.`, `1.e1`, `0.e1`, `.e1`, `1e`, `1E`, `1e+`, `1E-`, `1e+-1`, `1ee1`,
	`1e1.5`, `1e1e1`, `e1`, `1.2.3`, `1..2`, `0x1`, `0x`, `0b1`, `0o7`, `1a`, `1_000`, `1,000`, `1 000`, `1f`, `1n`, `0xFFp1`, `٣`, `１`, `1e１`, `−1`, `1٫5`, `½`, `-1x`, `1.5a`, `1e5a`, `1+2`, `1-`,
	// Texts.
	`"`, `"a`, `a"`, `"\"`, `"\`, `"\u`, `"\u"`, `"\u1"`, `"\u12"`, `"\u123"`, `"\u00G0"`, `"\u 123"`, `"\U00e9"`, `"\u{41}"`, `"\x41"`, `"\a"`, `"\v"`, `"\0"`, `"\101"`, `"\'"`, `"\ "`, `"\é"`, "\"\\\n\"", "\"\n\"",
	"\"\r\"", "\"\t\"", "\"\x00\"", "\"\x1f\"", "\"a\x01b\"", `"a" "b"`, `"a"b`, `"a""b"`, `'\''`, `"\ud800\u"`, `"\ud800\u1"`, `"\ud83d\u\ude00"`, `“a”`, `"""a"""`, `"\u+041"`, `"\u-041"`, `"\u0x41"`,
	// Lists.
	`[`, `]`, `[[`, `[]]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[,]`, `[1,,2]`, `[1 2]`, `[1;2]`, `[1:2]`, `["a":1]`, `["a`, `[a]`, `[1}`, `[}`, `[1,2}`, `[[]`, `[1]x`, `[-]`, `[*]`, `[...]`, `[1 /* a */]`, "[\v1]", "[\f]",
	"[\u00a01]", "[1\u2028]", `[tru]`, `[01]`, `[1.]`, `[""`, `["a",`, `(1)`, `<1>`, strings.Repeat("[", 300), strings.Repeat("[", 100_000), strings.Repeat(`[{"":`, 50_000), "[\n", "[1,\n1\n,1",
	// Objects.
	`{`, `}`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,"a":1}`, `{,}`, `{"a":1,,"b":2}`, `{"a" 1}`, `{"a":1 "b":2}`, `{"a"}`, `{"a":}`, `{:1}`, `{a:1}`, `{'a':1}`, `{1:1}`, `{null:1}`, `{"a"::1}`, `{"a":1:2}`,
	`{"a","b"}`, `{"a"=1}`, `{"a"=>1}`, `{["a"]:1}`, `{"a":1]`, `[{"a":1]`, `{{}}`, `{"a":{}`, `{"a":"a`, `{"a":1;}`, `{"a" /* x */:1}`, `{"a":1}x`, `{"a":1}}`, `{"\x":1}`, `{"a":'b'}`, `{"a":b}`, "{\"a\n\":1}",
	`{"a":01}`, `{"a":1,"b"}`, `{...}`, `{"a":/1/}`, `{"a":True}`,
	// Byte order marks and encodings other than UTF-8.
	"\ufeff", "\ufeff{}", "\ufeff1", "\ufeff\"a\"", "{}\ufeff", "[\ufeff]", "\xff\xfe[\x00]\x00", "\xfe\xff\x00[\x00]", "[\x00]\x00", "\x00[\x00]", "\xff", "\xe9", "[\xe9]", "\xc2\xa0" + "1", "\u2060[]", "\u200b1", "1\u0085",
}

var beyond = []Text{
	// Texts that are not Unicode.
	{`"\ud800"`, Beyond, "half of a surrogate pair"}, {`"\udc00"`, Beyond, "half of a surrogate pair"}, {`"\udfff"`, Beyond, "half of a surrogate pair"}, {`"\ude00\ud83d"`, Beyond, "half of a surrogate pair"},
	{`"\ud800\ud800"`, Beyond, "half of a surrogate pair"}, {`"\ud800a"`, Beyond, "half of a surrogate pair"}, {`"\ud800\n"`, Beyond, "half of a surrogate pair"}, {`"\uD800\u0041"`, Beyond, "half of a surrogate pair"},
	{`["a","\udbff"]`, Beyond, "half of a surrogate pair"}, {`{"\ud800":1}`, Beyond, "half of a surrogate pair"}, {`{"a":{"b":"\udead"}}`, Beyond, "half of a surrogate pair"}, {`"\ud83d\ude00\ude00"`, Beyond, "half of a surrogate pair"},
	{"\"\xff\"", Beyond, "no UTF-8"}, {"\"\xe9\"", Beyond, "no UTF-8"}, {"\"\xc3\"", Beyond, "no UTF-8"}, {"\"\xc3(\"", Beyond, "no UTF-8"}, {"\"\x80\"", Beyond, "no UTF-8"}, {"\"\xc0\x80\"", Beyond, "no UTF-8"},
	{"\"\xc1\xbf\"", Beyond, "no UTF-8"}, {"\"\xe0\x80\x80\"", Beyond, "no UTF-8"}, {"\"\xe0\x9f\xbf\"", Beyond, "no UTF-8"}, {"\"\xf0\x80\x80\x80\"", Beyond, "no UTF-8"}, {"\"\xf4\x90\x80\x80\"", Beyond, "no UTF-8"},
	{"\"\xf5\x80\x80\x80\"", Beyond, "no UTF-8"}, {"\"\xed\xa0\x80\"", Beyond, "no UTF-8"}, {"\"\xed\xb0\x80\"", Beyond, "no UTF-8"}, {"\"\xed\xa0\xbd\xed\xb8\x80\"", Beyond, "no UTF-8"}, {"\"\xe2\x82\"", Beyond, "no UTF-8"},
	{"\"\xf0\x9f\x98\"", Beyond, "no UTF-8"}, {"\"\xf8\x88\x80\x80\x80\"", Beyond, "no UTF-8"}, {"{\"\xff\":1}", Beyond, "no UTF-8"}, {"[\"a\",\"\xfe\"]", Beyond, "no UTF-8"},
	// Extreme numbers and depths.
	{`1e309`, Beyond, "out of range"}, {`-1e309`, Beyond, "out of range"}, {`1e400`, Beyond, "out of range"}, {`1.8e308`, Beyond, "out of range"}, {`123.456e78910`, Beyond, "out of range"}, {`[1,-1.5e999]`, Beyond, "out of range"},
	{`{"a":1E+999999999999}`, Beyond, "out of range"}, {strings.Repeat("9", 1300), Beyond, "out of range"}, {"-" + strings.Repeat("9", 1300), Beyond, "out of range"}, {"1" + strings.Repeat("0", 400) + ".5", Beyond, "out of range"},
	{strings.Repeat("[", 202) + strings.Repeat("]", 202), Beyond, "deeper than 200"}, {strings.Repeat(`{"a":`, 201) + "0" + strings.Repeat("}", 201), Beyond, "deeper than 200"},
	{strings.Repeat("[", 5000) + strings.Repeat("]", 5000), Beyond, "deeper than 200"},
}
