package node

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/internal/certs"
	"github.com/prometheus/client_golang/prometheus"
)

var update = flag.Bool("update", false, "rewrite docs/METRICS.md")

const root = "../../.."

// described is a metric that a node has, with or without a value.
type described struct {
	name, help string
	labels     []string
}

var descOf = regexp.MustCompile(`^Desc\{fqName: "([^"]*)", help: "((?:[^"\\]|\\.)*)", (?:unit: "[^"]*", )?constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}\}$`)

// names lists all metrics of a node with certificates, by name.
func names(t *testing.T) (list []described) {
	t.Helper()
	n, err := Open(settings(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	descs := make(chan *prometheus.Desc, 10_000)
	n.metrics.Describe(descs)
	new(certs.Set).Describe(descs) // this node has none
	close(descs)
	for d := range descs {
		m := descOf.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("cannot read %s", d)
		}
		one := described{name: m[1], help: strings.ReplaceAll(m[2], `\"`, `"`)}
		for l := range strings.SplitSeq(m[3], ",") {
			if l != "" {
				one.labels = append(one.labels, l)
			}
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b described) int { return strings.Compare(a.name, b.name) })
	return list
}

// TestMetricsPage: docs/METRICS.md lists what /metrics has. go test -run TestMetricsPage -update
// writes it.
func TestMetricsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Metrics\n\nWhat `/metrics` has beside Go's and the process's own, made by `go test ./cmd/aion-node/node -run TestMetricsPage -update`. [OPERATIONS](OPERATIONS.md#monitoring) says what to watch.\n" +
		"Labels have bounds: 500 workflow types, activities and queues each, later ones are `(other)` or left out; 20 owners of request keys.\n\n| metric | labels | |\n|---|---|---|\n")
	for _, d := range names(t) {
		if !strings.HasPrefix(d.name, "aion_") {
			continue
		}
		if len(d.help) < 10 {
			t.Errorf("%s has no help", d.name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.name, strings.Join(d.labels, ", "), strings.ReplaceAll(d.help, "|", `\|`))
	}
	page := filepath.Join(root, "docs/METRICS.md")
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(page); err != nil || string(have) != b.String() {
		t.Errorf("%s is not what a node has (%v): go test ./cmd/aion-node/node -run TestMetricsPage -update", page, err)
	}
}

var metricName = regexp.MustCompile(`\b(?:aion|process|go)_[a-z0-9_]+`)

// known reports whether a node has a metric of that name: its own, or one of a histogram.
func known(all []described, name string) bool {
	for _, d := range all {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			if d.name+suffix == name {
				return true
			}
		}
	}
	return false
}

// TestAlertsAndDashboardNameMetrics: what deploy/ asks Prometheus for, a node has.
func TestAlertsAndDashboardNameMetrics(t *testing.T) {
	all := names(t)
	used := map[string]bool{}
	for _, line := range lines(t, "deploy/alerts.yml") {
		if expr, ok := strings.CutPrefix(strings.TrimSpace(line), "expr: "); ok {
			for _, name := range metricName.FindAllString(expr, -1) {
				used[name] = true
			}
		}
	}
	alerted := len(used)
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(strings.Join(lines(t, "deploy/grafana/aion.json"), "\n")), &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			found := metricName.FindAllString(target.Expr, -1)
			if len(found) == 0 {
				t.Errorf("panel %q asks for nothing: %s", p.Title, target.Expr)
			}
			for _, name := range found {
				used[name] = true
			}
		}
	}
	if alerted < 20 || len(used) < 45 {
		t.Errorf("only %d metrics were found in the alerts, %d in both", alerted, len(used))
	}
	for name := range used {
		if !known(all, name) {
			t.Errorf("deploy/ uses %s, which no node has", name)
		}
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		if out, err := exec.Command(promtool, "check", "rules", filepath.Join(root, "deploy/alerts.yml")).CombinedOutput(); err != nil {
			t.Errorf("promtool: %v\n%s", err, out)
		}
	}
}

// TestEveryAlertHasARunbook: each alert names the section of docs/OPERATIONS.md that says what to
// do, and no section is left over.
func TestEveryAlertHasARunbook(t *testing.T) {
	var alerts, books []string
	for _, line := range lines(t, "deploy/alerts.yml") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "- alert: "); ok {
			name, _, _ = strings.Cut(name, " ")
			alerts = append(alerts, name)
		}
		if book, ok := strings.CutPrefix(line, "runbook: "); ok {
			books = append(books, book)
		}
	}
	if len(alerts) < 20 || len(books) != len(alerts) {
		t.Fatalf("%d alerts, %d runbooks", len(alerts), len(books))
	}
	sections := map[string]bool{}
	for _, line := range lines(t, "docs/OPERATIONS.md") {
		if name, ok := strings.CutPrefix(line, "### Aion"); ok {
			sections["Aion"+name] = true
		}
	}
	for i, name := range alerts {
		if want := "docs/OPERATIONS.md#" + strings.ToLower(name); books[i] != want {
			t.Errorf("%s: its runbook is %s, want %s", name, books[i], want)
		}
		if !sections[name] {
			t.Errorf("docs/OPERATIONS.md has no section %s", name)
		}
		delete(sections, name)
	}
	for name := range sections {
		t.Errorf("docs/OPERATIONS.md has a section %s, and no alert is called so", name)
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}
