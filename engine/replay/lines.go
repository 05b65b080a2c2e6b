package replay

import "fmt"

// lines collects what code logs in one new turn, for the run's log, up to a number of bytes that
// also counts each line. Lines beyond that are counted, and a last line reports their number.
type lines struct {
	kept []string
	size int
	more int
}

// lineCost is what a line costs in addition to its text.
const lineCost = 8

func (l *lines) add(text string, most int) {
	if l.size += len(text) + lineCost; l.size > most+lineSlack {
		l.more++
		return
	}
	l.kept = append(l.kept, text)
}

// lineSlack leaves room for the note that replaces what was cut.
const lineSlack = 256

func (l *lines) all() []string {
	if l.more == 0 {
		return l.kept
	}
	return append(l.kept, fmt.Sprintf("[lines of this turn that are not kept: %d]", l.more))
}
