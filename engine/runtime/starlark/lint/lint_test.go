package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// project is one module, order.star, and tests.
func project(source string, tests ...string) Project {
	p := Project{ABI: 2, Activities: []string{"charge_card", "refund"}, Workflows: []catalog.Workflow{{Type: "order", EntryModule: "order", EntryFunction: "run"}, {Type: "ship_order", EntryModule: "order", EntryFunction: "run"}}}
	p.Modules = []catalog.Module{{Name: "lib.star", Source: []byte("def pay(c, amount, note = None): return c.activty(\"refund\")\n")}, {Name: "order.star", Source: []byte(source)}}
	for _, t := range tests {
		p.Tests = append(p.Tests, catalog.Module{Name: "order_test.star", Source: []byte(t)})
	}
	return p
}

// findings lists what is found in order.star and the test, as LINE:COLUMN SEVERITY: MESSAGE.
func findings(p Project) (list []string) {
	for _, f := range Analyze(p).Findings() {
		if f.Module != "lib.star" {
			list = append(list, fmt.Sprintf("%d:%d %s: %s", f.Line, f.Column, f.Severity, f.Message))
		}
	}
	return list
}

const head = "def run(ctx, input):\n    "

func TestFindings(t *testing.T) {
	for source, want := range map[string]string{
		`ctx.activty("refund")`:                                            "2:9 error: ctx has no .activty; did you mean activity?",
		`ctx.sleep()`:                                                      `2:5 error: ctx.sleep needs duration: sleep(duration: Duration, on_cancel: Literal["abandon", "ignore"] = "abandon") -> None`,
		`ctx.sleep(5)`:                                                     `2:15 error: ctx.sleep: duration is an int, want a duration such as "1m30s"`,
		`ctx.sleep("5 minutes")`:                                           `2:15 error: ctx.sleep: duration is "5 minutes", want a duration such as "1m30s"`,
		`ctx.sleep("-5s")`:                                                 "2:15 error: ctx.sleep: duration is negative",
		`ctx.log("1s", "2s")`:                                              "2:19 error: ctx.log takes 1 argument, and gets 2 by position",
		`ctx.sleep("1s", on_cancel = "wait")`:                              `2:33 error: ctx.sleep: on_cancel is "wait", want one of abandon, ignore`,
		`ctx.sleep(duraton = "1s")`:                                        "2:15 error: ctx.sleep has no parameter duraton; did you mean duration?",
		`ctx.sleep("1s", duration = "1s")`:                                 "2:21 error: ctx.sleep gets duration twice",
		`ctx.signal("a", timeout = 3)`:                                     "2:31 error: ctx.signal: timeout is an int",
		`ctx.signal("a", timeout = None)`:                                  "",
		`ctx.signal(1)`:                                                    "2:16 error: ctx.signal: name is an int, want a string",
		`ctx.activity("charge_crad", 1)`:                                   `2:18 error: activity "charge_crad" is not declared: add it to activities in workflow.toml; did you mean charge_card?`,
		`ctx.activity("nothing_like_it")`:                                  `activity "nothing_like_it" is not declared: add it to activities in workflow.toml`,
		`ctx.activity(input["name"])`:                                      "",
		`ctx.activity("refund", lambda: 1)`:                                "ctx.activity: input is a function, want a JSON value",
		`ctx.activity("refund", retry = 5)`:                                "ctx.activity: retry is an int, want a dict such as",
		`ctx.activity("refund", retry = {"attempts": 5})`:                  "ctx.activity: retry has no attempts",
		`ctx.activity("refund", retry = {"max_attempt": 5})`:               "retry has no max_attempt; did you mean max_attempts?",
		`ctx.activity("refund", retry = {"backoff": 5})`:                   "ctx.activity: retry: backoff is an int, want a duration",
		`ctx.activity("refund", retry = {"factor": 2, "max_attempts": 0})`: "",
		`ctx.activity(*input)`:                                             "",
		`ctx.activity(**input)`:                                            "",
		`ctx.child("ship_oder")`:                                           `2:15 warning: this package carries no workflow type "ship_oder"; did you mean ship_order?`,
		`ctx.child("elsewhere")`:                                           "",
		`ctx.child("elsewhere", version = "parent")`:                       `error: this package carries no workflow type "elsewhere", and version is "parent"`,
		`ctx.child("order", version = "newest")`:                           `version is "newest", want one of parent, routed`,
		`ctx.child("order", on_parent_close = "abandoned")`:                `want one of terminate, cancel, abandon; did you mean abandon?`,
		`ctx.all(ctx.start_timer("1s"))`:                                   "ctx.all: futures is a future, want a list of futures: write [...]",
		`ctx.all([ctx.sleep("1s")])`:                                       "this call has waited and gives the result itself",
		`ctx.all([1])`:                                                     "want futures, such as ctx.start_activity(...), got an int",
		`ctx.all([ctx.start_timer("1s") for i in input])`:                  "",
		`f = ctx.start_timer("1s"); f.reslt()`:                             "future has no .reslt; did you mean result?",
		`f = ctx.start_timer("1s"); f.done()`:                              "future.done is a field, not a function",
		`o = ctx.try_activity("refund"); o.error.knd`:                      "error has no .knd; did you mean kind?",
		`ctx.settled([])[0].okay`:                                          "outcome has no .okay",
		`ctx.info.workflow`:                                                "ctx.info has no .workflow",
		`ctx.on_query("q", 1)`:                                             "ctx.on_query: fn is an int, want a function",
		`ctx.on_query("q", lambda a, b: 1)`:                                "ctx.on_query calls fn with one argument or none, and it needs 2",
		`ctx.on_query("q", lambda a, b = 1: 1)`:                            "",
		`ctx.until(lambda x: x)`:                                           "ctx.until calls condition with no argument, and it needs 1",
		`ctx.until(lambda: True, "1h")`:                                    "",
		`json.encod(1)`:                                                    "json has no .encod; did you mean encode?",
		`time.now()`:                                                       "time has no .now",
		`price(ctx)`:                                                       "2:5 error: price needs item",
		`price(ctx, 1, 2, 3)`:                                              "2:22 error: price takes 3 arguments by position",
		`price(ctx, itm = 1)`:                                              "price has no parameter itm; did you mean item?",
		`price(*input)`:                                                    "",
		`pay(ctx)`:                                                         "pay needs amount",
		`x = lambda ctx: ctx.slep("1s")`:                                   "ctx has no .slep; did you mean sleep?",
		`[c.x for c in input]`:                                             "",
		`ctx = input; ctx.anything()`:                                      "",
		`s = {"stage": 1}; s["stge"]`:                                      `2:25 error: s["stge"] is read, and nothing ever writes it; did you mean stage?`,
		`s = {"stage": 1}; s["stge"] = 2; return s`:                        `2:25 warning: s["stge"] is written here and never read; did you mean stage?`,
		`s = {"stage": 1}; s["other"] = 2; return s`:                       "",
		`s = {"step1": 1}; s["step2"] = 2; return s`:                       "",
		`s = {"stage": 1}; s.update(input); s["stge"]`:                     "",
		`s = {"stage": 1}; price(s, s); s["stge"]`:                         "",
		`s = {"stage": 1}; s[input] = 1; s["stge"]`:                        "",
		`s = {"stage": 1}; s["n"] = 2; s["n"] += 1`:                        "",
		`s = {"stage": 1}; s["n"] += 1`:                                    `s["n"] is read, and nothing ever writes it`,
		`s = {"a": 1}; (s["b"], x) = (1, 2); s["b"]`:                       "",
		`s = {}; s["b"]`:                                                   "",
		`s = {"stage": 1}; "stge" in s; s.get("stgae")`:                    "",
		`ctx.log(1); ctx.now(); ctx.uuid(); ctx.set_attributes({"a": 1})`:  "",
		`ctx.set_attributes("a")`:                                          "attributes is a string, want a dict",
	} {
		body := head + source + "\nload(\"lib.star\", \"pay\")\ndef price(c, item, n = 1):\n    return c.now()\n"
		got := findings(project(body))
		wants := strings.Split(want, "|")
		if want == "" {
			wants = nil
		}
		if len(got) != len(wants) {
			t.Errorf("%s: got %q, want %q", source, got, wants)
			continue
		}
		for i := range wants {
			if !strings.Contains(got[i], wants[i]) {
				t.Errorf("%s: got %q, want %q", source, got[i], wants[i])
			}
		}
	}
}

// ctx is followed through the functions that get it, in other modules too.
func TestContextIsFollowed(t *testing.T) {
	a := Analyze(project("load(\"lib.star\", \"pay\")\ndef step(c): pay(c, 1)\ndef run(x, input):\n    step(x)\n    x.slep(\"1s\")\n"))
	var got []string
	for _, f := range a.Findings() {
		got = append(got, f.Module+": "+f.Message)
	}
	want := []string{"lib.star: ctx has no .activty; did you mean activity?", "order.star: ctx has no .slep; did you mean sleep?"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
}

func TestFindingsInTests(t *testing.T) {
	source := `def test_a(t):
    t.activity("refnd", 1)
    r = t.start("odrer")
    r.resul()
    t.skip(5)
    t.eq(1)
    t.calls("nothing")
`
	got := findings(project(head+"pass\n", source))
	want := []string{`2:16 error: activity "refnd" is not declared`, `3:17 error: this project has no workflow type "odrer"; did you mean order?`, "4:7 error: run has no .resul; did you mean result?",
		"5:12 error: t.skip: duration is an int", "6:5 error: t.eq needs b", `7:13 error: activity "nothing"`}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// A module that cannot be parsed is told of, and the others are looked at.
func TestSyntaxErrors(t *testing.T) {
	p := project("def run(ctx, input):\n    x = = 1\n")
	p.Modules = append(p.Modules, catalog.Module{Name: "other.star", Source: []byte("def run(ctx, input): return inptu\n")})
	var got []string
	for _, f := range Analyze(p).Findings() {
		got = append(got, fmt.Sprintf("%s:%d:%d %s", f.Module, f.Line, f.Column, f.Message))
	}
	if len(got) != 2 || !strings.HasPrefix(got[0], "order.star:2:9 got '='") || !strings.HasPrefix(got[1], "other.star:1:29 undefined: inptu") {
		t.Errorf("got %q", got)
	}
}

// No code of this repository has a finding: there are no false alarms where nothing is wrong.
func TestNoFalseAlarms(t *testing.T) {
	looked := 0
	for _, pattern := range []string{"../testdata/suite/*.star", "../../../../docs/examples/*/*.star", "../../../../jepsen/*/*.star", "../../../../jepsen/*/*/*.star"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.star") || strings.HasSuffix(file, "bad-arguments.star") {
				continue
			}
			looked++
			name := filepath.Base(file)
			p := Project{ABI: 1, Alone: true, Modules: []catalog.Module{{Name: name, Source: source}}, Workflows: []catalog.Workflow{{Type: "w", EntryModule: strings.TrimSuffix(name, ".star"), EntryFunction: "run"}}}
			for _, f := range Analyze(p).Findings() {
				t.Errorf("%s:%d:%d: %s", file, f.Line, f.Column, f.Message)
			}
		}
	}
	if looked < 20 {
		t.Errorf("looked at %d files", looked)
	}
}
