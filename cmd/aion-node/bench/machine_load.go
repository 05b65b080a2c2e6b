package bench

import (
	"strconv"
	"strings"
)

// machineLoad is how long the processors of this machine have worked, and how long they could have,
// in ticks. Both are 0 where the system does not tell.
type machineLoad struct{ busy, all float64 }

// ticks is how many of them the kernel counts in a second of one processor.
const ticks = 100

// parseLoad reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq,
// steal. What another machine on the same host took (steal) counts as busy: it disturbs just the
// same.
func parseLoad(stat string) (l machineLoad) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return machineLoad{}
	}
	for i, f := range fields[1:9] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return machineLoad{}
		}
		l.all += v
		if i != 3 && i != 4 {
			l.busy += v
		}
	}
	return l
}

// othersShare returns which share of the machine's CPU others took between two moments, when nodes
// and clients took this many seconds of it; 0 if it is not known.
func othersShare(before, after machineLoad, used float64) float64 {
	all := after.all - before.all
	if all <= 0 || before.all == 0 {
		return 0
	}
	return min(1, max(0, (after.busy-before.busy-used*ticks)/all))
}
