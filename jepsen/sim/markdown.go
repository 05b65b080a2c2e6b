package sim

import (
	"fmt"
	"io"
	"time"

	"aion.dev/aion/fsm"
)

// Markdown writes a campaign's results for the report.
func (f *Found) Markdown(w io.Writer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	rate := func(n int, d time.Duration) float64 { return float64(n) / max(d.Seconds(), 1e-9) }
	p("The real state machine on %d replicas over an abstract log, held against a model at every entry (`jepsen sim --seed %d`, seeds to %d).\n", Nodes, f.From, f.To)
	p("| | |\n|---|---|")
	p("| worlds | %d, %d failed |", f.Worlds, len(f.Failures))
	p("| steps | %d that found something to do, and %d that did not |", f.Steps, f.Idle)
	p("| speed | %.0f steps a second; %.0f a second of CPU (%s of CPU in %s) |", rate(f.Steps, f.Took), rate(f.Steps, f.CPU), f.CPU.Round(time.Second), f.Took.Round(time.Second))
	judged, refused := 0, 0
	for i := range f.Kinds {
		judged, refused = judged+f.Kinds[i], refused+f.Refused[i]
	}
	p("| commands foretold | %d, %d of them refused; applied %d times over all replicas, in %d entries |", judged, refused, f.Commands, f.Applied)
	p("| checked | after every entry: each outcome, the row of each changed run and its new events (%d) against the model, digests and outcomes across the replicas; %d looks at everything a node shows; %d recounts of all invariants |", f.Compared, f.Looks, f.Audits)
	p("| runs started | %d; %d turns made by real code, replayed from its history each time |", f.Runs, f.Flows)
	p("| turns made ahead | %d were recorded with what they follow from; %d foresaw something else than what happened, and were refused |", f.Foreseen, f.InVain)
	p("| jobs | %d: trees of runs that one entry did not close; %d calls found the table of requests full |", f.Jobs, f.Full)
	p("| calls acknowledged | %d; %d answers lost on the way; %d answered from memory |", f.Acknowledged, f.Unknown, f.Repeated)
	p("| changes of leader | %d; %d proposals committed after their leader was deposed |", f.Elections, f.Survivors)
	p("| crashes | %d; snapshots %d, installed %d times |", f.Crashes, f.Snapshots, f.Installs)
	p("| log time | %s; %.0f seconds a second |", f.Simulated.Round(time.Hour), rate(int(f.Simulated.Seconds()), f.Took))
	p("\n| command | foretold | of these refused |\n|---|---|---|")
	for i := range f.Kinds {
		if f.Kinds[i] > 0 {
			p("| %s | %d | %d |", fsm.Kind(i), f.Kinds[i], f.Refused[i])
		}
	}
	for _, failure := range f.Failures {
		p("\n**Seed %d failed**, in %d steps after shrinking: %s", failure.Seed, len(failure.Steps), failure.Violation)
	}
}
