package tour

import (
	"slices"
	"testing"
)

// TestFirstView tells how long a page of a cluster takes until it is shown: go test -run
// TestFirstView -at URL -v, of a node with many runs and of one with few.
func TestFirstView(t *testing.T) {
	if *at == "" {
		t.Skip("with -at URL it tells how long pages of that cluster take")
	}
	tb := newTab(t, browser(t), *at)
	for _, page := range []string{"/console", "/console/runs", "/console/runs?where=city%3DBern", "/console/runs?status=failed&sort=-closed", "/console/versions"} {
		var took []float64
		for range 9 {
			tb.visit(page)
			took = append(took, eval[float64](tb, `performance.getEntriesByName("shown")[0].startTime`))
		}
		slices.Sort(took)
		t.Logf("%-45s %4.0f ms (%.0f to %.0f)", page, took[4], took[0], took[8])
	}
	// Pages of the list, one after the other.
	tb.visit("/console/runs")
	var took []float64
	for range 20 {
		if eval[bool](tb, `!document.querySelector(".pager a[rel=next]")`) {
			break
		}
		took = append(took, eval[float64](tb, `(async () => { const at = performance.now(), first = document.querySelector("#main tbody tr a").href; document.querySelector(".pager a[rel=next]").click(); while (document.querySelector("#main tbody tr a")?.href === first) await new Promise(r => setTimeout(r, 1)); return performance.now() - at; })()`))
	}
	if slices.Sort(took); len(took) > 0 {
		t.Logf("%-45s %4.0f ms (%.0f to %.0f, %d pages)", "the next page of the list", took[len(took)/2], took[0], took[len(took)-1], len(took))
	}
	tb.clean()
}
