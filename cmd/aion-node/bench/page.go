package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// The lines of a page between which its part with figures is.
const (
	pageBegin = "<!-- written by `aion-node bench report`: change nothing from here on -->"
	pageEnd   = "<!-- until here -->"
)

// Markdown writes the reports of files as the part of a page: all of `aion-node bench --json` and
// `aion-node bench failover --json`, or all of `aion-node bench scale --json`.
func Markdown(files []string) (string, error) {
	var speed []*Report
	var scale []*ScaleReport
	var failovers []*FailoverReport
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		var kind struct{ Scale, Results, Failover json.RawMessage }
		if err := json.Unmarshal(text, &kind); err != nil || (kind.Scale == nil) == (kind.Results == nil && kind.Failover == nil) {
			return "", fmt.Errorf("%s is no report of aion-node bench, bench failover or bench scale with --json", f)
		}
		if kind.Failover != nil {
			r, err := readReport[FailoverReport](f, text)
			if err != nil {
				return "", err
			}
			failovers = append(failovers, r)
			continue
		}
		if kind.Scale != nil {
			r, err := readReport[ScaleReport](f, text)
			if err != nil {
				return "", err
			}
			scale = append(scale, r)
			continue
		}
		r, err := readReport[Report](f, text)
		if err != nil {
			return "", err
		}
		speed = append(speed, r)
	}
	if len(scale) == 0 {
		return Page(speed, failovers...), nil
	}
	if len(speed)+len(failovers) > 0 {
		return "", fmt.Errorf("%s is of bench, and others of bench scale: each has a page of its own", files[0])
	}
	return ScalePage(scale), nil
}

// readReport decodes a report, and checks that a page can be made of it.
func readReport[R any, P interface {
	*R
	check() error
}](path string, text []byte) (*R, error) {
	r := P(new(R))
	err := json.Unmarshal(text, r)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be told: %w", path, err)
	}
	return r, nil
}

func (r *Report) check() error {
	if r.At.IsZero() || len(r.Cluster.Nodes) == 0 {
		return errors.New("it names no time or no node")
	}
	return nil
}

// Page writes reports as Markdown.
func Page(reports []*Report, failovers ...*FailoverReport) string {
	var b strings.Builder
	if len(reports) > 0 {
		b.WriteString("| row | what one of it is |\n|---|---|\n")
	}
	for _, d := range Describe() {
		if slices.ContainsFunc(reports, func(r *Report) bool { return r.has(d.Row) }) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", d.Row, d.Does)
		}
	}
	for _, r := range reports {
		b.WriteString(r.section())
	}
	for _, r := range failovers {
		b.WriteString(r.section())
	}
	return b.String()
}

func (r *Report) has(row string) bool {
	return slices.ContainsFunc(r.Results, func(one Result) bool { return one.Row == row })
}

// section is the part of a page about one report.
func (r *Report) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", counted(len(r.Cluster.Nodes), "node"))
	fmt.Fprintf(&b, "Build %s, %s. ", strings.Join(r.versions(), ", "), r.At.UTC().Format("2 January 2006, 15:04 MST"))
	where := "Callers and workers ran on"
	if r.Cluster.Own {
		where = "Nodes, callers and workers together ran on"
	}
	fmt.Fprintf(&b, "%s %s. %s of %s for each line, %s.%s\n\n", where, r.Machine, counted(r.Settings.Rounds, "round"), r.Settings.Duration, counted(r.Settings.Workers, "worker"), r.disturbance())
	b.WriteString(r.Speed().markdown())
	if cost := r.Cost(); len(cost.Rows) > 0 {
		b.WriteString("\nWhat one of it cost:\n\n")
		b.WriteString(cost.markdown())
	}
	if profile := r.Profile(); len(profile.Rows) > 0 {
		b.WriteString("\nWhere the CPU of a node went, by whose code was running (`front`: HTTP, gRPC, JSON, forwarding; `apply`: the state machine and its database; `collector`: garbage; `scheduler`: goroutines and idle threads):\n\n")
		b.WriteString(profile.markdown())
	}
	if r.AnyClientBound() {
		b.WriteString("\n\\* Callers and workers took more CPU than all nodes together.\n")
	}
	for _, n := range r.NotMeasured {
		fmt.Fprintf(&b, "\nNot measured: `%s`: %s.\n", n.Row, strings.ReplaceAll(n.Why, "\n", " "))
	}
	return b.String()
}

// disturbance says what others took of the machine.
func (r *Report) disturbance() string {
	typical, most := r.Disturbed()
	if most == 0 {
		return ""
	}
	return fmt.Sprintf(" Others, the kernel's threads among them, took %.0f %% of its CPU in the median line, %.0f %% in the worst.", 100*typical, 100*most)
}

// versions lists the builds of the nodes.
func (r *Report) versions() (list []string) {
	for _, n := range r.Cluster.Nodes {
		if !slices.Contains(list, n.Version) {
			list = append(list, n.Version)
		}
	}
	return list
}

// markdown writes the first column as code, and aligns figures to the right.
func (t Table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|---|%s\n", strings.ToLower(strings.Join(t.Heading, " | ")), strings.Repeat("---:|", len(t.Heading)-1))
	for _, row := range t.Rows {
		cells := slices.Clone(row)
		cells[0] = "`" + cells[0] + "`"
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(strings.ReplaceAll(cell, "|", `\|`), "*", `\*`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}

// WriteInto puts a part into a page, between its two lines.
func WriteInto(page, part string) (string, error) {
	head, rest, ok := strings.Cut(page, pageBegin+"\n")
	_, tail, ended := strings.Cut(rest, pageEnd)
	if !ok || !ended {
		return "", fmt.Errorf("it has no lines %q and %q", pageBegin, pageEnd)
	}
	return head + pageBegin + "\n\n" + part + "\n" + pageEnd + tail, nil
}
