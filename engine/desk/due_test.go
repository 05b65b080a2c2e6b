package desk

import (
	"testing"

	"aion.dev/aion/fsm/history"
	"pgregory.net/rapid"
)

// TestDueLines: in whatever order lines are set, the first one is the earliest, and a line that is
// never due is not included.
func TestDueLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := make([]*line, 8)
		for i := range lines {
			lines[i] = newLine("q")
		}
		var due dueLines
		for range 40 {
			next := history.Time(rapid.Int64Range(1, 20).Draw(t, "next"))
			if next == 20 {
				next = never
			}
			due.set(lines[rapid.IntRange(0, len(lines)-1).Draw(t, "line")], next)
			first, there := never, 0
			for _, l := range lines {
				first = min(first, l.next)
				if l.due >= 0 {
					there++
				}
				if (l.due >= 0) != (l.next != never) || l.due >= 0 && due[l.due] != l {
					t.Fatalf("due at %d, place %d", l.next, l.due)
				}
			}
			if due.first() != first || len(due) != there {
				t.Fatalf("the first is due at %d, want %d; %d lines, want %d", due.first(), first, len(due), there)
			}
		}
	})
}
