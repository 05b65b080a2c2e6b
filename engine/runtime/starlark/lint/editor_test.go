package lint

import (
	"slices"
	"strings"
	"testing"
)

// at splits a source at the sign |.
func at(source string) (text string, offset, line, column int) {
	offset = strings.IndexByte(source, '|')
	before := source[:offset]
	return before + source[offset+1:], offset, 1 + strings.Count(before, "\n"), 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
}

func TestComplete(t *testing.T) {
	for source, want := range map[string]string{
		head + "ctx.|":                                              "activity sleep try_child -json",
		head + "ctx.|\n    ctx.sleep(\"1s\")\n":                     "activity sleep",
		head + "x = ctx.sl|":                                        "sleep",
		head + "if ctx.|\n    pass\n":                               "cancelled",
		head + "ctx.all([ctx.|":                                     "start_activity",
		head + "ctx.info.|":                                         "workflow_id -sleep",
		head + "f = ctx.start_timer(\"1s\")\n    f.|":               "result outcome -sleep",
		head + "o = ctx.try_activity(\"refund\")\n    if o.error.|": "kind message",
		head + "json.|":                                             "encode decode",
		head + "ctx.activity(\"|":                                   "charge_card refund -order",
		head + "ctx.activity(\"ch|\")":                              "charge_card",
		head + "ctx.child(\"|":                                      "order ship_order -refund",
		head + "ctx.activity(\"refund\", ti|)":                      "timeout input sum len",
		head + "x = 1\n    y = |":                                   "x input ctx sum helper json -other",
		"def run(ctx, input):\n    ctx.activity(\n        \"|":      "charge_card",
		head + "for x in input:\n        ctx.|\n":                   "sleep",
	} {
		text, offset, _, _ := at(source + "\ndef helper(other): pass\n")
		var labels []string
		for _, c := range Complete(project(text), "order.star", offset) {
			labels = append(labels, strings.TrimSuffix(c.Label, " = "))
		}
		for word := range strings.FieldsSeq(want) {
			word, not := strings.CutPrefix(word, "-")
			if slices.Contains(labels, word) == not {
				t.Errorf("%q: completion of %s: %v, got %q", source, word, !not, labels)
			}
		}
	}
}

func TestHoverAndDefinition(t *testing.T) {
	for source, c := range map[string]struct{ hover, module, line string }{
		head + "ctx.sl|eep(\"1s\")": {"ctx.sleep(duration: Duration, on_cancel: Literal[\"abandon\", \"ignore\"] = \"abandon\") -> None", "", ""},
		head + "c|tx.now()":         {"ctx: Context", "order.star", "def run(ctx, input):"},
		head + "help|er(1)\ndef helper(other, n = 2, *a, **k):\n    \"\"\"Helps.\"\"\"\n": {"def helper(other, n = 2, *a, **k)", "order.star", "def helper"},
		"load(\"lib.star\", \"pay\")\n" + head + "p|ay(1, 2)":                             {"def pay(c, amount, note = None)", "lib.star", "def pay"},
		head + "su|m([])":                                     {"sum(x: Any, start: Any = 0) -> Any", "", ""},
		head + "js|on.encode(1)":                              {"module json", "", ""},
		head + "ctx.signal(\"a\", time|out = \"1s\")":         {"timeout: Duration | None = None", "", ""},
		head + "x = 5\n    return x|":                         {"x: int", "order.star", "    x = 5"},
		head + "f = ctx.start_timer(\"1s\")\n    f|.cancel()": {"f: Future", "order.star", "    f = ctx"},
		head + "input.no|thing":                               {"", "", ""},
	} {
		text, _, line, column := at(source + "\n")
		a := Analyze(project(text))
		code, _, _ := a.Hover("order.star", line, column)
		if code != c.hover {
			t.Errorf("%q: hover %q, want %q", source, code, c.hover)
		}
		p, ok := a.Definition("order.star", line, column)
		if ok != (c.module != "") || p.Module != c.module {
			t.Errorf("%q: defined at %+v", source, p)
			continue
		}
		if ok && p.Module == "order.star" && !strings.HasPrefix(strings.Split(text, "\n")[p.Line-1], c.line) {
			t.Errorf("%q: defined at line %d", source, p.Line)
		}
	}
}
