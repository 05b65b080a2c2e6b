package replay

import "fmt"

// lines are what code logs in one new turn, for the run's log: at most a number of bytes, however
// short the lines are. What is beyond is counted, and the last line tells.
type lines struct {
	kept []string
	size int
	more int
}

// lineCost is what a line counts beside its text.
const lineCost = 8

func (l *lines) add(text string, most int) {
	if l.size += len(text) + lineCost; l.size > most+lineSlack {
		l.more++
		return
	}
	l.kept = append(l.kept, text)
}

// lineSlack is room for what is said in the place of what was cut.
const lineSlack = 256

func (l *lines) all() []string {
	if l.more == 0 {
		return l.kept
	}
	return append(l.kept, fmt.Sprintf("[lines of this turn that are not kept: %d]", l.more))
}
