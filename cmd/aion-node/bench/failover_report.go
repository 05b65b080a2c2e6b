package bench

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// FailoverReport is what `aion-node bench failover` found: its JSON document. What was left out is
// absent.
type FailoverReport struct {
	Version  string           `json:"version"`
	At       time.Time        `json:"at"`
	Machine  Machine          `json:"client"` // which nodes and callers share
	Settings FailoverSettings `json:"failover"`
	Kills    *Killed          `json:"kills,omitempty"`
	Busy     *Burnt           `json:"busy,omitempty"`
	Restarts *Rolled          `json:"restarts,omitempty"`
}

// Written is what became of the writes of callers meanwhile.
type Written struct {
	Waited
	Repeated int `json:"repeated"` // calls whose first attempt failed; those that failed all the same are errors
}

// Killed tells of leaders that were killed.
type Killed struct {
	Gap     Waited    `json:"gap"`     // from the signal to the next acknowledged write
	EachMS  []float64 `json:"each_ms"` // in their order
	Written Written   `json:"writes"`
}

// Burnt tells of a machine at full load.
type Burnt struct {
	Seconds      float64 `json:"seconds"`
	Busy         float64 `json:"busy_share"` // of the machine's processors; 0 = not known
	TermBefore   uint64  `json:"term_before"`
	TermAfter    uint64  `json:"term_after"`
	Elections    int     `json:"elections"`
	LeaderBefore string  `json:"leader_before"`
	LeaderAfter  string  `json:"leader_after"`
	Written      Written `json:"writes"`
}

// Rolled tells of rolling restarts.
type Rolled struct {
	Nodes   int     `json:"nodes"`   // restarted in all
	Restart Waited  `json:"restart"` // of one node, from the signal that ends it until it is ready again
	Written Written `json:"writes"`
}

func (r *FailoverReport) check() error {
	if r.At.IsZero() || r.Kills == nil && r.Busy == nil && r.Restarts == nil {
		return errors.New("it names no time, or nothing that was measured")
	}
	return nil
}

// Table is the report for people.
func (r *FailoverReport) Table() Table {
	t := Table{Heading: []string{"WHAT", "TIMES", "P50", "WORST", "ELECTIONS", "WRITES", "SLOWEST WRITE", "REPEATED", "FAILED"}}
	row := func(what string, times int, w Waited, elections string, writes Written) {
		t.Rows = append(t.Rows, []string{what, strconv.Itoa(times), milliseconds(w.P50), milliseconds(w.Max), elections,
			thousands(strconv.Itoa(writes.Count)), milliseconds(writes.Max), strconv.Itoa(writes.Repeated), strconv.Itoa(writes.Errors)})
	}
	if k := r.Kills; k != nil {
		row("kill -9", k.Gap.Count, k.Gap, "", k.Written)
	}
	if b := r.Busy; b != nil {
		row("full load", 1, b.Written.Waited, strconv.Itoa(b.Elections), b.Written)
	}
	if o := r.Restarts; o != nil {
		row("rolling restart", o.Nodes, o.Restart, "", o.Written)
	}
	return t
}

// Notes say what the table does not.
func (r *FailoverReport) Notes() (list []string) {
	if k := r.Kills; k != nil {
		list = append(list, "kill -9: from the signal that kills the leader to the next acknowledged write of an ordinary caller that knows all nodes")
	}
	if b := r.Busy; b != nil {
		list = append(list, fmt.Sprintf("full load: one thread burnt each processor for %s; %.0f %% of them were busy; the times are those of writes; term %d before and %d after, %s led before and %s after",
			time.Duration(b.Seconds*float64(time.Second)).Round(time.Second), 100*b.Busy, b.TermBefore, b.TermAfter, b.LeaderBefore, b.LeaderAfter))
	}
	if r.Restarts != nil {
		list = append(list, "rolling restart: SIGINT, start and wait until it is ready, node by node, the leader last; the times are those of one node")
	}
	return append(list, "repeated: writes whose first attempt failed and that were repeated under their request id; failed: those that failed all the same")
}

// section is the part of a page about the report.
func (r *FailoverReport) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### Failover\n\nBuild %s, %s. Three nodes with the settings that they have by default and %s that write all the time, by `aion-node bench failover`, together on %s.\n\n%s\n",
		r.Version, r.At.UTC().Format("2 January 2006, 15:04 MST"), counted(r.Settings.Callers, "caller"), r.Machine, r.Table().markdown())
	for _, n := range r.Notes() {
		fmt.Fprintf(&b, "- %s.\n", n)
	}
	return b.String()
}
