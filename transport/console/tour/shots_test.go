package tour

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	shots = flag.String("shots", "", "TestShots writes a picture of each page into this `FOLDER`")
	at    = flag.String("at", "", "TestShots looks at the cluster at this `URL`, in place of one of its own")
	only  = flag.String("only", "", "TestShots looks at pages whose name contains this `TEXT` alone")
	whole = flag.Bool("whole", false, "TestShots takes the whole page, however long")
)

// pages are all pages of the console, by the name of their picture.
func pages() [][2]string {
	return [][2]string{
		{"overview", "/console"},
		{"runs", "/console/runs"},
		{"run", "/console/runs/saga-1"},
		{"timeline", "/console/runs/saga-1?tab=timeline"},
		{"history", "/console/runs/saga-1?tab=history"},
		{"failed", "/console/runs/books-2026-09"},
		{"debug", "/console/runs/order-1002?tab=debug&turn=2"},
		{"children", "/console/runs/fanout-1?tab=children"},
		{"compare", "/console/compare?a=saga-1&b=saga-2"},
		{"versions", "/console/versions"},
		{"version", "/console/versions/order/routed"},
		{"deploys", "/console/deploys"},
		{"backtests", "/console/trials"},
		{"batches", "/console/batches"},
		{"schedules", "/console/schedules"},
		{"schedule", "/console/schedules/nightly-books"},
		{"queues", "/console/queues"},
		{"queue", "/console/queues/default"},
		{"limits", "/console/limits"},
		{"cluster", "/console/cluster"},
		{"audit", "/console/audit"},
		{"tokens", "/console/tokens"},
	}
}

// TestShots takes pictures for docs/CONSOLE.md: make console-shots.
func TestShots(t *testing.T) {
	if *shots == "" {
		t.Skip("with -shots FOLDER it takes pictures of all pages")
	}
	b := browser(t)
	base := *at
	if base == "" {
		c := newCluster(t)
		c.seed(t, 5000)
		base = c.client.Addresses()[0]
	}
	for _, look := range []struct {
		name          string
		dark          bool
		width, height int
	}{{"light", false, 1280, 800}, {"dark", true, 1280, 800}, {"narrow", false, 390, 800}} {
		tb := newTab(t, b, base)
		if err := tb.Dark(tb.ctx, look.dark); err != nil {
			t.Fatal(err)
		}
		tb.size(look.width, look.height)
		for _, p := range pages() {
			if !strings.Contains(p[0], *only) {
				continue
			}
			tb.visit(p[1])
			tb.until(`document.fonts.status === "loaded" && !document.querySelector("[aria-busy=true]")`, p[0])
			png, err := tb.Picture(tb.ctx, *whole)
			if err != nil {
				t.Fatal(err)
			}
			if png, err = small(png); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*shots, p[0]+"-"+look.name+".png"), png, 0o666); err != nil {
				t.Fatal(err)
			}
			for _, said := range tb.Errors() {
				t.Errorf("%s: %s", p[0], said)
			}
			if wide := eval[int](tb, `document.documentElement.scrollWidth`); wide > look.width {
				t.Errorf("%s is %d wide on a screen of %d", p[0], wide, look.width)
			}
		}
		_ = tb.Close(tb.ctx) // its connections are needed
	}
}
