package rehearsal

import (
	"strings"
	"testing"
)

const slow = `
-- workflow.toml --
[[workflow]]
entry_module = "slow"
activities = ["think"]
-- slow.star --
def run(ctx, input):
    first = ctx.start_activity("think", 1, timeout = input.get("timeout"), heartbeat = "30s", on_cancel = input.get("on_cancel", "wait"))
    second = ctx.start_activity("think", 2)
    nap = ctx.start_timer("5m")
    if input.get("race"):
        ctx.race([first, nap])    # the loser is asked to end
    o = first.outcome()
    return [o.value if o.ok else o.error.kind, second.result(), nap.done]
`

// A stub that lets time pass is an activity that takes that long: it stays alive, and others go on
// meanwhile.
func TestActivitiesThatTakeTime(t *testing.T) {
	r := rehearse(t, slow+`
-- slow_test.star --
def begin(t, took, **input):
    def think(n):
        t.skip(took)
        return n
    t.activity("think", think)
    return t.start("slow", input)

def test_quick(t):
    t.eq(begin(t, "1m").result(), [1, 2, False])
    t.eq(t.now(), time.time(year = 2026, minute = 1, month = 1, day = 1))

def test_slow(t):
    t.eq(begin(t, "1h").result(), [1, 2, True])

def test_given_up(t):
    run = begin(t, "1h", race = True, on_cancel = "abandon")
    t.eq(run.result(), ["cancelled", 2, True])
    t.true("ActivityCancelled" in run.history)

def test_asked_to_end(t): # and done all the same
    run = begin(t, "1h", race = True)
    t.eq(run.result(), [1, 2, True])
    t.true("ActivityCancelRequested" in run.history)

def test_timed_out(t):
    t.eq(begin(t, "4m", timeout = "2m").result(), ["timeout", 2, False])
    t.eq(len(t.calls("think")), 2)

def test_very_long(t):
    t.eq(begin(t, "5h").result(), [1, 2, True])

def test_signals(t):
    def think(n):
        t.run("s").query("nothing")
    t.activity("think", think)
    t.start("slow", {}, id = "s")
`)
	for _, test := range r.Files[0].Tests {
		got := told(test.Failure)
		if test.Test == "test_signals" {
			if !strings.Contains(got, "the run answers no query \"nothing\"") || !strings.Contains(got, "in think: t.run(\"s\")") {
				t.Errorf("%s: %s", test.Test, got)
			}
		} else if got != "passed" {
			t.Errorf("%s: %s", test.Test, got)
		}
	}
}
