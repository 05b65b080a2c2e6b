package workers

import (
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/worker"
)

// book is the ledger, by attempt.
type book struct {
	took    map[fleet.Attempt]worker.Line
	effect  map[fleet.Attempt]worker.Line
	told    map[fleet.Attempt]worker.Line
	sent    map[fleet.Attempt]map[worker.Progress]int64 // heartbeats, and when the worker was about to send them
	beaten  map[fleet.Attempt][]worker.Line             // answers to heartbeats
	runs    map[string]bool
	answers map[string][]worker.Line // the lines Beaten and Told, by run
	twice   []worker.Line            // attempts that were delivered a second time
	// returned are the attempts that the cluster took back from a worker. If the worker never heard
	// that, it may have lost its lease instead, which counts as an attempt.
	returned map[fleet.Attempt]bool
}

func bookOf(lines []worker.Line) *book {
	b := &book{
		took: map[fleet.Attempt]worker.Line{}, effect: map[fleet.Attempt]worker.Line{}, told: map[fleet.Attempt]worker.Line{}, sent: map[fleet.Attempt]map[worker.Progress]int64{},
		beaten: map[fleet.Attempt][]worker.Line{}, runs: map[string]bool{}, answers: map[string][]worker.Line{},
		returned: map[fleet.Attempt]bool{},
	}
	for _, l := range lines {
		at := fleet.Attempt{Run: l.Run, Step: l.Step, Attempt: l.Attempt}
		b.runs[l.Run] = true
		switch l.E {
		case worker.Took:
			if _, again := b.took[at]; again {
				b.twice = append(b.twice, l)
			}
			b.took[at] = l
		case worker.Beat:
			var p worker.Progress
			if json.Unmarshal(l.Value, &p) == nil {
				if b.sent[at] == nil {
					b.sent[at] = map[worker.Progress]int64{}
				}
				b.sent[at][p] = l.At
			}
		case worker.Beaten:
			b.beaten[at] = append(b.beaten[at], l)
			b.answers[l.Run] = append(b.answers[l.Run], l)
		case worker.Effect:
			b.effect[at] = l
		case worker.Told:
			b.told[at] = l
			b.answers[l.Run] = append(b.answers[l.Run], l)
		case worker.Left:
			b.returned[at] = l.OK
		}
	}
	return b
}

// afterEnd finds what the cluster accepted of a run at an index at which the run was already
// closed: end is the index of a read that saw it closed.
func (b *book) afterEnd(run string, end uint64) (problems []string) {
	for _, l := range b.answers[run] {
		if l.OK && !l.Cancel && end > 0 && l.Index > end && l.E == worker.Beaten {
			problems = append(problems, fmt.Sprintf("a heartbeat of attempt %d of step %d was accepted at index %d, without a word that its run was closed at index %d", l.Attempt, l.Step, l.Index, end))
		}
	}
	return problems
}

// at converts a time of the ledger.
func at(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds) }
