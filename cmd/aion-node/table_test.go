package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

func TestTable(t *testing.T) {
	var b bytes.Buffer
	table(&b, "none", []string{"A", "LONG", "C"}, [][]string{{"x", "", "1"}, {"longer", "y", ""}})
	want := "A       LONG  C\nx       -     1\nlonger  y     -\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	table(&b, "none", []string{"A"}, nil)
	if b.String() != "none\n" {
		t.Errorf("got %q", b.String())
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "0s ago", 59 * time.Second: "59s ago", time.Minute: "1m ago", 90 * time.Minute: "1h ago", 47 * time.Hour: "47h ago", 49 * time.Hour: "2d ago", -time.Second: "now",
	} {
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := ago(time.Time{}, now); got != "" {
		t.Errorf("no time: %q", got)
	}
}

func TestBar(t *testing.T) {
	for _, tt := range []struct {
		done, all uint64
		width     int
		want      string
	}{
		{0, 4, 80, "[........................................] 0/4 closed; pinned by x"},
		{2, 4, 50, "[#########.........] 2/4 closed; pinned by x"},
		{4, 4, 80, "[########################################] 4/4 closed; pinned by x"},
		{1, 4, 20, "1/4 closed; pinned b"},
	} {
		got := bar(tt.done, tt.all, "x", tt.width)
		if len(got) > tt.width {
			t.Errorf("%d/%d does not fit into %d: %q", tt.done, tt.all, tt.width, got)
		}
		if tt.width != 50 && got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if tt.width == 50 && strings.Count(got, "#") != strings.Count(got, ".") {
			t.Errorf("half done looks like %q", got)
		}
	}
}

func TestProgressWithoutTerminalIsALineForEachChange(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b)
	for _, n := range []uint64{2, 2, 1, 0} {
		p.show(wire.PinCounts{LiveRun: n})
	}
	p.end()
	if want := "pinned by 2 live_run\npinned by 1 live_run\npinned by none\n"; b.String() != want {
		t.Errorf("got %q", b.String())
	}
}

func TestPrintableKeepsTextAndDropsControls(t *testing.T) {
	for in, want := range map[string]string{"a\nb": `a\nb`, "a\tb": `a\tb`, "\x1b[2J": `\x1b[2J`, "\u202eb": `\u202eb`, "\u2028": `\u2028`, "\r": `\r`, "\xff": `\xff`, "é\uFFFD": "é\uFFFD", `C:\new`: `C:\new`} {
		if got := oneLine(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
	if got := printable("a\tb\nü€\x1b[31m\x07\u0085"); got != "a\tb\nü€\uFFFD[31m\uFFFD\uFFFD" {
		t.Errorf("got %q", got)
	}
}
