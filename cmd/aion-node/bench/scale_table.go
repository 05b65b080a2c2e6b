package bench

import (
	"fmt"
	"strings"
)

// ScaleTable is a table of a page: a column for each size.
type ScaleTable struct {
	Title string // a sentence
	Table
}

// Tables are what was measured, for people.
func (r *ScaleReport) Tables() []ScaleTable {
	if len(r.Points) == 0 {
		return nil
	}
	list := []ScaleTable{
		{"Calls, one after another: median, and the 99th percentile", r.table(callRows)},
		{"Starts, ends and joins of nodes: median, and the longest", r.table(nodeRows)},
		{"Memory and disk, when nothing was left to do", r.table(holdRows)},
		{"What it cost to fill it, for each run", r.table(fillRows)},
	}
	if r.Retention != nil {
		list = append(list, ScaleTable{r.Retention.title(), r.Retention.table()})
	}
	return list
}

// scaleRow is a row: its name, what it is, and its cell of a size; "" if that has none.
type scaleRow struct {
	Described
	cell func(p *ScalePoint) string
}

var (
	callRows = timeRows(true, func(w *Waited) float64 { return w.P99 })
	nodeRows = timeRows(false, func(w *Waited) float64 { return w.Max })
	holdRows = []scaleRow{
		held("memory", "resident memory of the leader", func(l, _ Rest) float64 { return l.Memory }),
		held("memory-follower", "that of another node, their mean", func(_, f Rest) float64 { return f.Memory }),
		held("memory-peak", "the most that the leader took since it was started", func(l, _ Rest) float64 { return l.Peak }),
		held("memory-restarted", "that of the same node after the restart of all nodes", func(l, _ Rest) float64 { return l.Restarted }),
		held("state", "the state on the disk of that node, after the restart, when all of it is there", func(l, _ Rest) float64 { return l.State }),
		held("log", "the log: files of 64 MiB, begun ones too", func(l, _ Rest) float64 { return l.Log }),
		held("snapshots", "the newest two snapshots", func(l, _ Rest) float64 { return l.Snapshots }),
		{Described{"state a run", "the state divided by all runs, open and closed"}, func(p *ScalePoint) string {
			leader, _ := p.shares()
			return figure(leader.State/float64(p.Open+p.Closed)) + " B"
		}},
	}
	fillRows = []scaleRow{
		filled("runs", "runs that were started, and how they end up", func(f *Filled) string { return whole(f.Runs) + " " + f.Status }),
		filled("per second", "of them", func(f *Filled) string { return figure(f.PerSecond) }),
		filled("log bytes", "bytes of entries in the log of the leader", func(f *Filled) string { return figure(f.LogBytes) }),
		filled("fsyncs", "fsyncs of the log of the leader", func(f *Filled) string { return fmt.Sprintf("%.4f", f.LogWrites) }),
		filled("disk bytes", "bytes that the leader wrote in all: log, state, its compaction, snapshots", func(f *Filled) string { return unlessZero(f.DiskBytes) }),
		filled("leader cpu", "CPU of the leader", func(f *Filled) string { return microseconds(f.LeaderCPU) }),
		filled("client cpu", "CPU of the callers", func(f *Filled) string { return microseconds(f.ClientCPU) }),
	}
)

// timeRows are the rows of lines that only call, or of the others.
func timeRows(calls bool, second func(*Waited) float64) (list []scaleRow) {
	for _, g := range scaleGroups {
		for _, d := range g.lines {
			if g.calls != calls {
				continue
			}
			list = append(list, scaleRow{d, func(p *ScalePoint) string {
				w := p.line(d.Row)
				if w == nil {
					return ""
				}
				text := fmt.Sprintf("%s (%s)", milliseconds(w.P50), figure(second(w)))
				if w.Errors > 0 {
					text += fmt.Sprintf(", %d of %d failed", w.Errors, w.Errors+w.Count)
				}
				return text
			}})
		}
	}
	return list
}

func held(name, does string, of func(leader, follower Rest) float64) scaleRow {
	return scaleRow{Described{name, does}, func(p *ScalePoint) string { return mebibytes(of(p.shares())) }}
}

func filled(name, does string, of func(*Filled) string) scaleRow {
	return scaleRow{Described{name, does}, func(p *ScalePoint) string {
		if p.Filled == nil {
			return ""
		}
		return of(p.Filled)
	}}
}

// whole writes a number of runs.
func whole[N int | int64 | uint64](n N) string { return thousands(fmt.Sprint(n)) }

func unlessZero(v float64) string {
	if v == 0 {
		return ""
	}
	return figure(v)
}

// table leaves out rows that no size has.
func (r *ScaleReport) table(rows []scaleRow) (t Table) {
	t.Heading = []string{"ROW"}
	for i := range r.Points {
		t.Heading = append(t.Heading, strings.ToUpper(r.Points[i].Step.String()))
	}
	for _, row := range rows {
		cells, any := []string{row.Row}, false
		for i := range r.Points {
			cell := row.cell(&r.Points[i])
			cells, any = append(cells, cell), any || cell != ""
		}
		if any {
			t.Rows = append(t.Rows, cells)
		}
	}
	return t
}

func (p *Purged) title() string {
	return fmt.Sprintf("Retention: %s closed runs are deleted in %s s, %s each second; the disk of the leader meanwhile and afterwards",
		whole(p.Runs), figure(p.Seconds), figure(p.PerSecond))
}

func (p *Purged) table() Table {
	t := Table{Heading: []string{"SECONDS", "CLOSED RUNS", "STATE", "LOG", "SNAPSHOTS"}}
	for _, at := range p.Course {
		t.Rows = append(t.Rows, []string{figure(at.Seconds), whole(at.Closed), mebibytes(at.State), mebibytes(at.Log), mebibytes(at.Snapshots)})
	}
	return t
}
