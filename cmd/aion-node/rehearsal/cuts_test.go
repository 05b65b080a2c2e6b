package rehearsal

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm/history"
)

// moody is the Starlark runtime with a defect: the time of a turn depends on how often code has
// asked for it, over all its executions.
type moody struct {
	runtime.Compiler
	asked atomic.Int64
}

type moodyProgram struct {
	runtime.Program
	of *moody
}

type moodyHost struct {
	runtime.Host
	of *moody
}

func (c *moody) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	p, err := c.Compiler.Compile(ctx, a)
	return moodyProgram{p, c}, err
}

func (p moodyProgram) Start(m catalog.Member, input history.Payload, h runtime.Host, l runtime.Limits) runtime.Execution {
	return p.Program.Start(m, input, moodyHost{h, p.of}, l)
}

func (h moodyHost) Now() history.Time { return h.Host.Now() + history.Time(h.of.asked.Add(1)) }

const mood = `
-- workflow.toml --
[[workflow]]
entry_module = "mood"
-- mood.star --
def run(ctx, input):
    ctx.sleep("1s")
    odd = ctx.now().nanosecond % 2
    wait(ctx, "2s" if odd else "3s")
    return 1

def wait(ctx, d):
    ctx.sleep(d)
-- mood_test.star --
def test_mood(t):
    t.eq(t.start("mood", id = "m").result(), 1)
`

// A history that cannot be replayed fails its test, which shows the recorded event, the event that
// is asked for now, and the line that asks.
func TestAHistoryThatDoesNotReplay(t *testing.T) {
	r := rehearse(t, mood, func(o *Options) { o.compiler = &moody{Compiler: starlark.Compiler{}} })
	got := told(r.Files[0].Tests[0].Failure)
	for _, want := range []string{
		"cut after event 6, the history of workflow m (run ", "turn 2 differs at its event 1\n",
		`  recorded: TimerStarted {"id":2,"duration":"2s"`, `  asked:    TimerStarted {"id":2,"duration":"3s"`,
		"workflow mood.star:8:14 in : ctx.sleep(d)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwithout %s", got, want)
		}
	}
}

// broken crashes in every turn after the first.
type broken struct{ runtime.Compiler }

type brokenProgram struct{ runtime.Program }

type brokenExecution struct {
	runtime.Execution
	turns int
}

func (c broken) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	p, err := c.Compiler.Compile(ctx, a)
	return brokenProgram{p}, err
}

func (p brokenProgram) Start(m catalog.Member, input history.Payload, h runtime.Host, l runtime.Limits) runtime.Execution {
	return &brokenExecution{Execution: p.Program.Start(m, input, h, l)}
}

func (x *brokenExecution) Resume(bound bool) (*runtime.End, error) {
	if x.turns++; x.turns > 1 {
		return nil, &runtime.Crash{Value: "out of luck"}
	}
	return x.Execution.Resume(bound)
}

func TestARunThatIsQuarantined(t *testing.T) {
	r := rehearse(t, mood, func(o *Options) { o.compiler = broken{starlark.Compiler{}} })
	if got, want := told(r.Files[0].Tests[0].Failure), "workflow m was quarantined: workflow code crashed the runtime: out of luck\nmood_test.star:2:42 in test_mood: "; !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Every place of every history is cut; long histories are cut at fewer places.
func TestHowOftenHistoriesAreCut(t *testing.T) {
	const files = `
-- workflow.toml --
[[workflow]]
entry_module = "naps"
-- naps.star --
def run(ctx, input):
    for i in range(input):
        ctx.sleep("1s")
-- naps_test.star --
def test_few(t):
    t.start("naps", 10).result()
def test_many(t):
    t.start("naps", 1000).result()
`
	tests := rehearse(t, files).Files[0].Tests
	if few := tests[0]; told(few.Failure) != "passed" || few.Cuts != 22 { // 1 + 10 x 2 + 1 events, each a place of its own
		t.Errorf("%+v", few)
	}
	if many := tests[1]; told(many.Failure) != "passed" || many.Cuts < 200 || many.Cuts > 600 {
		t.Errorf("%+v", many)
	}
}
