package bench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (r *ScaleReport) check() error {
	if r.At.IsZero() || len(r.Points) == 0 {
		return errors.New("it names no time or no size")
	}
	return nil
}

// ScalePage writes reports as Markdown.
func ScalePage(reports []*ScaleReport) string {
	var b strings.Builder
	b.WriteString("| row | what it is |\n|---|---|\n")
	for _, rows := range [][]scaleRow{callRows, nodeRows, holdRows, fillRows} {
		for _, row := range rows {
			fmt.Fprintf(&b, "| `%s` | %s |\n", row.Row, row.Does)
		}
	}
	var sittings []*ScaleReport // of one table
	for i, r := range reports {
		sittings = append(sittings, r)
		if i+1 == len(reports) || reports[i+1].Settings.Nodes != r.Settings.Nodes {
			b.WriteString(scaleSection(sittings))
			sittings = nil
		}
	}
	return b.String()
}

// scaleSection is the part of a page about clusters of as many nodes. Sizes that were measured in
// several sittings are columns of the same tables.
func scaleSection(sittings []*ScaleReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n", counted(sittings[0].Settings.Nodes, "node"))
	all := &ScaleReport{}
	for _, r := range sittings {
		fmt.Fprintf(&b, "\nBuild %s, %s. %s\n", r.Version, r.At.UTC().Format("2 January 2006, 15:04 MST"), r.Conditions())
		all.Points = append(all.Points, r.Points...)
		if r.Retention != nil {
			all.Retention = r.Retention
		}
	}
	slices.SortStableFunc(all.Points, func(a, b ScalePoint) int {
		return cmp.Or(cmp.Compare(a.Step.Open, b.Step.Open), cmp.Compare(a.Step.Closed, b.Step.Closed))
	})
	for _, t := range all.Tables() {
		fmt.Fprintf(&b, "\n%s:\n\n%s", t.Title, t.markdown())
	}
	return b.String()
}

// Conditions says under which circumstances it was measured.
func (r *ScaleReport) Conditions() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Nodes and callers together ran on %s. %s filled it, %s a call; each call was made %d times, each start and end of a node %s.",
		r.Machine, counted(r.Settings.Callers, "caller"), counted(max(1, r.Settings.Batch), "start"), r.Settings.Calls, counted(r.Settings.Repeats, "time"))
	if r.Settings.LogBytes > 0 {
		fmt.Fprintf(&b, " The log was bounded to %s (`raft.log_bytes`).", mebibytes(float64(r.Settings.LogBytes)))
	}
	var filling, calling, bySnapshot []string
	for i := range r.Points {
		p := &r.Points[i]
		calling = append(calling, fmt.Sprintf("%.0f %% (%s)", 100*p.Others, p.Step))
		if p.Filled != nil {
			filling = append(filling, fmt.Sprintf("%.0f %% (%s)", 100*p.Filled.Others, p.Step))
		}
		if p.JoinedBySnapshot {
			bySnapshot = append(bySnapshot, p.Step.String())
		}
	}
	fmt.Fprintf(&b, " Others took of its CPU during the calls %s", strings.Join(calling, ", "))
	if len(filling) > 0 {
		fmt.Fprintf(&b, ", and during the filling %s", strings.Join(filling, ", "))
	}
	b.WriteString(".")
	if len(bySnapshot) > 0 {
		fmt.Fprintf(&b, " The node that joined got a snapshot at %s", strings.Join(bySnapshot, "; at "))
		if len(bySnapshot) < len(r.Points) {
			b.WriteString(", elsewhere the whole log")
		}
		b.WriteString(".")
	}
	return b.String()
}
