package rehearsal

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"
)

// The room of languages.Local lives as long as the process, and in it the instances of guests.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("aion.dev/aion/engine/runtime/wasm.(*instance).resume.func1"))
}

// folder writes a project given as a txtar archive.
func folder(t *testing.T, files string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rehearse runs the tests of a project.
func rehearse(t *testing.T, files string, options ...func(*Options)) *Report {
	t.Helper()
	o := Options{Dir: folder(t, files), Timeout: 5 * time.Minute} // nothing here takes that long unless it is broken, or the machine is busy
	for _, f := range options {
		f(&o)
	}
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const order = `
-- workflow.toml --
[[workflow]]
entry_module = "order"
activities = ["charge", "refund"]
[[workflow]]
entry_module = "ship"
-- order.star --
load("lib.star", "total")

def run(ctx, input):
    state = {"stage": "charging"}
    ctx.on_query("stage", lambda: state["stage"])
    receipt = ctx.activity("charge", {"amount": total(input)}, retry = {"max_attempts": 3, "backoff": "1s"})
    state["stage"] = "awaiting approval"
    ok = ctx.signal("approval", timeout = "72h")
    if ok == None:
        ctx.activity("refund", receipt)
        fail("not approved in time")
    ctx.log("approved by " + ok)
    label = ctx.child("ship", {"receipt": receipt}, id = ctx.info.workflow_id + ":ship")
    return {"receipt": receipt, "label": label}
-- ship.star --
def run(ctx, input):
    ctx.sleep("24h")
    return "label of " + input["receipt"]
-- lib.star --
def total(input):
    return input["price"] * input["count"]
`

func TestWhatATestCanSay(t *testing.T) {
	r := rehearse(t, order+`
-- order_test.star --
load("helpers_test.star", "begin")

def test_ships(t):
    run = begin(t)
    t.eq(run.id, "o-1")
    t.eq(run.status, "running")
    t.eq(run.query("stage"), "awaiting approval")
    t.eq(t.calls("charge"), [{"amount": 20}])
    began = t.now()
    t.skip("1h")
    run.signal("approval", "Ada")
    ship = t.run("o-1:ship")
    t.eq(ship.status, "running")
    t.eq(run.result(), {"receipt": "r-20", "label": "label of r-20"})
    t.eq(str(t.now() - began), "25h0m0s")
    t.eq(ship.history, ["WorkflowStarted", "TimerStarted", "TimerFired", "WorkflowCompleted"])
    t.eq(run.history[:4], ["WorkflowStarted", "ActivityScheduled", "ActivityStarted", "ActivityCompleted"])
    print("done", run.status)

def test_refunds(t):
    run = begin(t)
    t.activity("refund", None)
    error = run.error()
    t.eq((error.kind, error.message), ("failed", "not approved in time"))
    t.eq(t.calls("refund"), ["r-20"])

def test_cancelled(t):
    run = begin(t)
    run.cancel("enough")
    t.eq(run.error().message, "enough")
    t.true(run.status == "cancelled", "it is not " + run.status)

def test_retries(t):
    tries = []
    def charge(input):
        tries.append(t.now())
        return t.failure("busy", "try again", retryable = True) if len(tries) < 3 else "r"
    run = begin(t, charge)
    t.eq(run.status, "running")
    t.eq(len(tries), 1)
    t.skip("5s")
    t.eq([str(x - tries[0]) for x in tries], ["0s", "1s", "3s"])
    t.eq(run.query("stage"), "awaiting approval")

def test_gives_up(t):
    run = begin(t, lambda input: t.failure("declined", "no money", details = {"code": 51}))
    e = run.error()
    t.eq([e.kind, e.message, e.details], ["declined", "no money", {"code": 51}])
    t.eq(t.now(), time.time(year = 2026, month = 1, day = 1))
-- helpers_test.star --
def begin(t, charge = lambda input: "r-%d" % input["amount"]):
    t.activity("charge", charge)
    return t.start("order", {"price": 4, "count": 5}, id = "o-1", attributes = {"customer": "c"})
`)
	for _, f := range r.Files {
		for _, test := range f.Tests {
			if test.Failure != nil {
				t.Errorf("%s: %+v", test.Test, test.Failure)
			}
			if test.Runs == 0 || test.Cuts == 0 || !test.Passed {
				t.Errorf("%+v", test)
			}
		}
	}
	if len(r.Files) != 2 || r.Passed != 5 || r.Failed != 0 || len(r.Files[0].Tests) != 0 {
		t.Fatalf("%+v", r)
	}
	ships := r.Files[1].Tests[0]
	if ships.Test != "test_ships" || ships.Skipped != Duration(25*time.Hour) || ships.Runs != 2 {
		t.Errorf("%+v", ships)
	}
	if len(ships.Log) != 2 || ships.Log[0] != (Line{"o-1", "approved by Ada"}) || ships.Log[1].Text != "done completed" {
		t.Errorf("%+v", ships.Log)
	}
}

// told formats a failed test: the message, and a line for each place.
func told(f *Failure) string {
	if f == nil {
		return "passed"
	}
	text := f.Message
	for _, p := range f.Stack {
		text += "\n" + p.At + " in " + p.In + ": " + p.Line
	}
	for _, p := range f.Workflow {
		text += "\nworkflow " + p.At + " in " + p.In + ": " + p.Line
	}
	return text
}

func TestWhyATestFails(t *testing.T) {
	r := rehearse(t, order+`
-- order_test.star --
def begin(t):
    return t.start("order", {"price": 4, "count": 5}, id = "o-1")

def test_no_stub(t):
    begin(t)

def test_wrong(t):
    t.eq({"a": [1, {"b": 2}], "c": 3}, {"a": [1, {"b": 4}], "c": 3}, "as agreed")

def test_run_fails(t):
    t.activity("charge", t.failure("declined", "no money"))
    begin(t).result()

def test_run_does_not_fail(t):
    t.activity("charge", "r")
    run = begin(t)
    run.signal("approval", "Ada")
    run.error()

def test_code_breaks(t):
    t.start("order", {"price": 4}).result()

def test_stub_breaks(t):
    t.activity("charge", lambda input: input["nothing"])
    begin(t)

def test_undeclared(t):
    t.activity("dance", None)

def test_refused(t):
    t.start("dance")

def test_not_true(t):
    t.true([], "it is empty")

def test_fails(t):
    t.fail("for a reason")

def test_backwards(t):
    t.skip("-1s")

def test_no_json(t):
    t.start("order", {1: 2})
`)
	want := map[string]string{
		"test_no_stub": `activity "charge" was scheduled, and the test has no stub for it: call t.activity("charge", fn) first
order_test.star:5:10 in test_no_stub: begin(t)
order_test.star:2:19 in begin: return t.start("order", {"price": 4, "count": 5}, id = "o-1")`,
		"test_wrong": `got {"a": [1, {"b": 2}], "c": 3}, want {"a": [1, {"b": 4}], "c": 3}; at ["a"][1]["b"] it is 2 instead of 4: as agreed
order_test.star:8:9 in test_wrong: t.eq({"a": [1, {"b": 2}], "c": 3}, {"a": [1, {"b": 4}], "c": 3}, "as agreed")`,
		"test_run_fails": `workflow o-1 failed, want completed: declined: no money
order_test.star:12:20 in test_run_fails: begin(t).result()`,
		"test_run_does_not_fail": `workflow o-1 completed, want an error: its result is {"receipt":"r","label":"label of r"}
order_test.star:18:14 in test_run_does_not_fail: run.error()`,
		"test_code_breaks": `workflow order-1 failed, want completed: failed: lib.star:2:34: key "count" not in dict
order_test.star:21:42 in test_code_breaks: t.start("order", {"price": 4}).result()
workflow order.star:6:54 in run: receipt = ctx.activity("charge", {"amount": total(input)}, retry = {"max_attempts": 3, "backoff": "1s"})
workflow lib.star:2:34 in total: return input["price"] * input["count"]`,
		"test_stub_breaks": `key "nothing" not in dict
order_test.star:24:45 in lambda: t.activity("charge", lambda input: input["nothing"])`,
		"test_undeclared": `activity "dance" is not among the activities that workflow.toml names: ["charge" "refund"]
order_test.star:28:15 in test_undeclared: t.activity("dance", None)`,
		"test_refused":   `order_test.star:31:12 in test_refused: t.start("dance")`,
		"test_not_true":  `[] is not true: it is empty`,
		"test_fails":     `for a reason`,
		"test_backwards": `skip: time does not run back by 1s`,
		"test_no_json":   `input: a dict with a key of type int is not a JSON value`,
	}
	for _, test := range r.Files[0].Tests {
		if got := told(test.Failure); !strings.Contains(got, want[test.Test]) || want[test.Test] == "" {
			t.Errorf("%s: got\n%s\nwant\n%s", test.Test, got, want[test.Test])
		}
		delete(want, test.Test)
	}
	if len(want) > 0 || r.Passed != 0 {
		t.Errorf("not run: %v; %d passed", want, r.Passed)
	}
}

func TestBrokenFilesOfTests(t *testing.T) {
	r := rehearse(t, order+`
-- a_test.star --
def test_x(t) return
-- b_test.star --
test_x = 1
-- c_test.star --
def test_x(): pass
-- d_test.star --
load("nowhere.star", "x")
-- e_test.star --
def test_fine(t): pass
-- .hidden/f_test.star --
def test_hidden(t): pass
`)
	want := []string{
		"got return, want ':'\na_test.star:1:21 in ", "test_x is a int", "test_x must take one argument: t\nc_test.star:1:1 in : def test_x(): pass", "no such module", "passed",
	}
	if len(r.Files) != len(want) || r.Failed != 4 || r.Passed != 1 {
		t.Fatalf("%+v", r)
	}
	for i, f := range r.Files {
		if got := told(f.Broken); !strings.Contains(got, want[i]) {
			t.Errorf("%s: got %s, want %s", f.File, got, want[i])
		}
	}
}

const chain = `
-- workflow.toml --
[[workflow]]
entry_module = "parent"
[[workflow]]
entry_module = "child"
[[workflow]]
entry_module = "loop"
[[workflow]]
entry_module = "thinker"
activities = ["think"]
-- thinker.star --
def run(ctx, input):
    ctx.activity("think")
-- parent.star --
def run(ctx, input):
    return ctx.child("child", id = "c")
-- child.star --
def run(ctx, input):
    return ctx.signal("go")
-- loop.star --
def run(ctx, input):
    n = input or 0
    ctx.sleep("1h")
    if n == 3:
        return n
    ctx.continue_as_new(n + 1)
`

func TestARunThatWillNotEnd(t *testing.T) {
	r := rehearse(t, chain+`
-- x_test.star --
def test_stuck(t):
    t.start("parent", id = "p").result()

def test_continues(t):
    run = t.start("loop")
    t.eq(run.result(), 3)
    t.eq(run.status, "completed")

def test_too_long(t):
    t.skip("876000h")
    t.skip("876001h")
    t.skip("876001h")
`)
	for i, want := range []string{
		`workflow p will not end: it waits for child c (which waits for signal go), and nothing else happens in this test`, "passed", "more than 200 years would pass",
	} {
		if got := told(r.Files[0].Tests[i].Failure); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", r.Files[0].Tests[i].Test, got, want)
		}
	}
}

func TestWhichTestsRun(t *testing.T) {
	var heard []string
	r := rehearse(t, chain+`
-- x_test.star --
def test_b(t): pass
def test_a(t): pass
def helper(t): t.fail("this is no test")
`, func(o *Options) {
		o.Match = regexp.MustCompile("_a$")
		o.Began = func(file, test string) { heard = append(heard, "began "+file+" "+test) }
		o.Ended = func(file string, r Result) { heard = append(heard, "ended "+file+" "+r.Test) }
		o.FileEnded = func(f File) { heard = append(heard, "file "+f.File) }
	})
	if got := strings.Join(heard, ", "); r.Passed != 1 || got != "began x_test.star test_a, ended x_test.star test_a, file x_test.star" {
		t.Errorf("%d passed: %s", r.Passed, got)
	}
	if r := rehearse(t, chain); len(r.Files) != 0 {
		t.Errorf("a project without tests has %+v", r.Files)
	}
}

// Tests go the same way every time, even where chance is involved.
func TestWorldsAreTheSameEveryTime(t *testing.T) {
	const files = `
-- workflow.toml --
[[workflow]]
entry_module = "lot"
[[workflow]]
entry_module = "draw"
-- lot.star --
def run(ctx, input):
    return [ctx.random(), ctx.uuid(), ctx.info.run_id, ctx.child("draw")]
-- draw.star --
def run(ctx, input):
    return [ctx.random(), ctx.info.workflow_id, ctx.info.run_id]
-- lot_test.star --
def test_lot(t):
    run = t.start("lot")
    print(run.id, run.result(), t.start("lot").id)
`
	first := rehearse(t, files).Files[0].Tests[0]
	again := rehearse(t, files).Files[0].Tests[0]
	if told(first.Failure) != "passed" || len(first.Log) != 1 || first.Log[0] != again.Log[0] || !strings.Contains(first.Log[0].Text, "lot-2") {
		t.Errorf("%+v\n%+v", first, again)
	}
}

func TestAProjectThatDoesNotBuild(t *testing.T) {
	for files, want := range map[string]string{
		"-- x.star --\n": "workflow.toml is missing",
		"-- workflow.toml --\n[[workflow]]\nentry_module = \"x\"\n-- x.star --\ndef run(ctx, input): return nothing\n": "x.star:1:29: undefined: nothing",
	} {
		_, err := Run(context.Background(), Options{Dir: folder(t, files)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Options{Dir: folder(t, chain+"-- x_test.star --\ndef test_a(t): pass\n")}); err == nil {
		t.Error("it ran although its context had ended")
	}
}
