package tour

import (
	"strings"
	"testing"

	"aion.dev/aion/transport/wire"
)

// TestTour goes through everything on one cluster, since making one takes most of the time.
func TestTour(t *testing.T) {
	b := browser(t)
	c := newCluster(t)
	c.seed(t, 5000)
	base := "http://" + c.follower(t).http // whoever reads is at a node that does not lead
	t.Run("pages", func(t *testing.T) { testPages(t, newTab(t, b, base)) })
	t.Run("narrow", func(t *testing.T) { testNarrow(t, newTab(t, b, base)) })
	t.Run("hostile", func(t *testing.T) { testHostile(t, newTab(t, b, base)) })
	t.Run("long history", func(t *testing.T) { testLongHistory(t, newTab(t, b, base)) })
	t.Run("accessible", func(t *testing.T) { testAccessible(t, newTab(t, b, base)) })
	t.Run("debugger", func(t *testing.T) { testDebugger(t, newTab(t, b, base)) })
	t.Run("keys", func(t *testing.T) { testKeys(t, newTab(t, b, base)) })
	t.Run("filters", func(t *testing.T) { testFilters(t, newTab(t, b, base)) })
	t.Run("limits", func(t *testing.T) { testLimits(t, c, newTab(t, b, base)) })
	t.Run("actions", func(t *testing.T) { testActions(t, c, newTab(t, b, base)) })
	t.Run("deploys", func(t *testing.T) { testDeploys(t, newTab(t, b, base)) })
	t.Run("failover", func(t *testing.T) { testFailover(t, c, newTab(t, b, base)) })
	t.Run("outage", func(t *testing.T) {
		node := c.follower(t)
		testOutage(t, c, newTab(t, b, "http://"+node.http), node.id)
	})
}

// Each page loads by its own address, without a complaint, says something, and tells its command.
func testPages(t *testing.T, tb *tab) {
	for _, p := range pages() {
		tb.visit(p[1])
		tb.says("footer.command", "aion-node ")
		if said := tb.text("#main"); strings.Contains(said, "The page broke") || strings.Contains(said, "undefined") || strings.Contains(said, "[object") || strings.Contains(said, "NaN") {
			t.Errorf("%s says:\n%s", p[0], said)
		}
		tb.clean()
	}
	tb.visit("/console/runs")
	t.Logf("the list of runs was shown %.0f ms after its address was opened", eval[float64](tb, `performance.getEntriesByName("shown")[0].startTime`))
	tb.visit("/console/nowhere")
	tb.says("#main", "No such page")
	tb.visit("/console/runs/nobody")
	tb.says("#main .problem", "nobody")
	tb.clean("404")
}

// No page is wider than a small telephone.
func testNarrow(t *testing.T, tb *tab) {
	for _, width := range []int{320, 390, 3840} {
		tb.size(width, 800)
		for _, p := range pages() {
			tb.visit(p[1])
			if wide := eval[int](tb, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("%s is %d wide on a screen of %d: %s", p[0], wide, width, eval[string](tb, `[...document.querySelectorAll("#main *")].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll, .windowed, .code, .json")).slice(0, 3).map(e => e.tagName + "." + e.className).join(", ")`))
			}
		}
	}
	tb.clean()
}

// What callers wrote is shown as they wrote it, and does nothing.
func testHostile(t *testing.T, tb *tab) {
	tb.visit("/console/runs?type=ledger&where=entries%3E%3D0")
	for i, text := range hostile {
		id := "hostile-" + string(rune('0'+i))
		parts := []string{""}
		if i < 2 {
			parts = []string{"", "history", "timeline", "ask", "logs"}
		}
		for _, part := range parts {
			tb.visit("/console/runs/" + id + "?tab=" + part)
			if part == "" && !strings.ContainsAny(text, "\u202e\u2066") {
				tb.says("#main", text)
			}
			if eval[bool](tb, `"owned" in window || !!document.querySelector("#main script, #main img, #main svg, #main iframe")`) {
				t.Fatalf("%q took effect on %s", text, part)
			}
		}
	}
	tb.visit("/console/runs?type=" + `%3Cscript%3Ewindow.owned%3D1%3C%2Fscript%3E&where=%3Cimg%20src%3Dx%20onerror%3Downed()%3E`)
	tb.says("#main", "<script>")
	if eval[bool](tb, `"owned" in window || !!document.querySelector("#main script, #main img")`) {
		t.Fatal("an address took effect")
	}
	tb.clean("400", "404")
	// The browser itself refuses markup, should a page ever try.
	if eval[bool](tb, `(() => { try { document.createElement("p").innerHTML = "<b>x</b>"; return true } catch { return false } })()`) {
		t.Error("the policy lets pages make markup of text")
	}
}

// Ten thousand events are read, shown and zoomed without more elements than fit the screen.
func testLongHistory(t *testing.T, tb *tab) {
	tb.visit("/console/runs/books-2026-11?tab=timeline")
	tb.until(`+(/([\d,.]+) events?/.exec(document.querySelector("#main .page p.dim")?.innerText.split("from")[1] ?? "")?.[1].replace(/\D/g, "") ?? 0) > 10000`, "to read ten thousand events")
	for range 5 {
		tb.click(".timeline .controls button", "Zoom in")
	}
	if n := eval[int](tb, `document.querySelectorAll(".timeline .rows > *").length`); n == 0 || n > 80 {
		t.Errorf("%d rows are elements", n)
	}
	slowest := eval[float64](tb, `(async () => { let slowest = 0; const box = document.querySelector(".windowed"); for (let i = 0; i < 40; i++) { const at = performance.now(); box.scrollTop = i * 3000; await new Promise(r => requestAnimationFrame(() => setTimeout(r))); slowest = Math.max(slowest, performance.now() - at); } return slowest; })()`)
	t.Logf("the slowest of 40 jumps through the timeline took %.0f ms", slowest)
	tb.visit("/console/runs/books-2026-11?tab=history")
	tb.until(`document.querySelector("#main [role=status] ~ *") || document.querySelectorAll(".windowed .rows > *").length > 0`, "rows")
	tb.click(".actions button", "By step")
	tb.until(`document.querySelectorAll(".windowed .rows > *").length > 0 && document.querySelectorAll(".windowed .rows > *").length < 80`, "steps")
	tb.clean()
}

// Everything can be reached by the keyboard.
func testKeys(t *testing.T, tb *tab) {
	tb.visit("/console")
	tb.press("g", false)
	tb.press("r", false)
	tb.until(`location.pathname === "/console/runs" && document.querySelectorAll("#main tbody tr").length > 3`, "the runs, by g r")
	tb.press("j", false)
	tb.press("j", false)
	tb.until(`document.querySelector("tr.at") === document.querySelectorAll("#main tbody tr")[1]`, "the second row, by j j")
	tb.press("Enter", false)
	tb.until(`location.pathname.startsWith("/console/runs/")`, "a run, by Enter")
	tb.loaded("the run")
	tb.press("k", true)
	tb.until(`document.querySelector("dialog.palette[open]")`, "the palette, by Ctrl K")
	if err := tb.Type(tb.ctx, "order-1015"); err != nil {
		t.Fatal(err)
	}
	tb.says(".palette li[aria-selected=true]", "order-1015")
	tb.press("Enter", false)
	tb.until(`location.pathname === "/console/runs/order-1015"`, "the run that the palette found")
	tb.press("?", false)
	tb.says("dialog[open]", "next row")
	tb.press("Escape", false)
	tb.until(`!document.querySelector("dialog[open]")`, "the help to close")
	tb.clean()
}

// A filter is part of the address, and its count exact.
func testFilters(t *testing.T, tb *tab) {
	tb.visit("/console/runs")
	tb.fill("form.filter select[name=type]", "order")
	tb.until(`new URLSearchParams(location.search).get("type") === "order"`, "the type in the address")
	tb.fill("form.filter input[name=where]", "city=Bern")
	tb.click("form.filter button", "Find")
	tb.until(`new URLSearchParams(location.search).getAll("where").join() === "city=Bern"`, "the condition in the address")
	tb.says("#main .headline", "7 runs")
	tb.visit(eval[string](tb, `location.pathname + location.search`))
	tb.says("#main .headline", "7 runs")
	if rows := eval[int](tb, `document.querySelectorAll("#main tbody tr").length`); rows != 7 {
		t.Errorf("%d rows of 7 runs", rows)
	}
	tb.click(".chips button", "×")
	tb.says("#main .headline", "34 runs")
	tb.visit("/console/runs?sort=started")
	tb.click(".pager a", "Next page")
	tb.until(`new URLSearchParams(location.search).get("cursor")`, "the cursor in the address")
	tb.clean()
}

// sendNow presses the button of the dialog that is open, and waits for its answer.
func (tb *tab) sendNow(says string) {
	tb.t.Helper()
	tb.until(`document.querySelector("dialog[open] button.primary:not(:disabled)")`, "a dialog")
	tb.until(`document.querySelector("dialog[open] .request code").innerText.startsWith("console-")`, "a request id")
	eval[any](tb, `document.querySelector("dialog[open] button.primary").click()`)
	if says != "" {
		tb.says("dialog[open]", says)
		tb.click("dialog[open] .buttons button", "Close")
		tb.until(`!document.querySelector("dialog[open]")`, "the dialog to close")
	}
}

// Everything that can be done to runs, schedules, queues and nodes.
func testActions(t *testing.T, c *cluster, tb *tab) {
	act := func(page, button string, fields map[string]string, says string) {
		t.Helper()
		tb.visit(page)
		tb.click(".actions button", button)
		for name, value := range fields {
			tb.fill("dialog[open] #f-"+name, value)
		}
		tb.says("dialog[open] footer.command", "aion-node ")
		tb.sendNow(says)
	}
	run := "/console/runs/order-1015"
	act(run, "Pause", map[string]string{"reason": "looking"}, "paused")
	act(run, "Resume", nil, "running")
	act(run, "Signal", map[string]string{"name": "approval", "payload": `{"by":"Eve"}`}, "Sent")
	if r, err := c.client.Result(t.Context(), wire.RunRef{WorkflowID: "order-1015"}, patient); err != nil || r.Status != "completed" {
		t.Errorf("%v: %+v", err, r)
	}
	act("/console/runs/books-2026-10", "Update", map[string]string{"name": "note", "args": `"checked"`}, "completed")
	act("/console/runs/order-1016", "Cancel", map[string]string{"reason": "called"}, "The run is")
	act("/console/runs/order-1017", "Terminate", map[string]string{"reason": "a mistake"}, "terminated")
	act("/console/runs/order-1017", "Reopen", map[string]string{"reason": "it was none"}, "running")
	act("/console/runs/order-1018", "Move", map[string]string{"to": c.version(t, "order", true)}, "diverged")
	tb.visit(run)
	tb.click(".actions button", "Start a run")
	tb.fill("dialog[open] #f-id", "from-the-console")
	tb.sendNow("")
	tb.until(`location.pathname === "/console/runs/from-the-console"`, "the run that was started")
	// A refusal is shown with what to do.
	tb.visit("/console/runs/from-the-console")
	tb.click(".actions button", "Start a run")
	tb.fill("dialog[open] #f-id", "from-the-console")
	tb.sendNow("")
	tb.says("dialog[open] .problem", "from-the-console")
	tb.click("dialog[open] button", "Do nothing")

	tb.visit("/console/runs?type=order&status=running&where=city%3DChur")
	tb.click(".actions button", "Do to all")
	tb.fill("dialog[open] #f-operation", "pause")
	tb.click("dialog[open] button", "Count them first")
	tb.says("dialog[open] .preview", "would be found")
	tb.sendNow("")
	tb.until(`location.pathname === "/console/batches"`, "the batch")
	tb.says("#main .status", "completed")
	tb.visit("/console/runs?type=order&status=paused")
	eval[any](tb, `document.querySelector("tbody input[type=checkbox]").click()`)
	tb.click(".actions button", "Do to 1 chosen run")
	tb.fill("dialog[open] #f-operation", "resume")
	tb.sendNow("running")
	tb.visit("/console/runs?type=order&status=running&where=city%3DChur")
	tb.click(".actions button", "Do to all")
	tb.fill("dialog[open] #f-operation", "reset")
	tb.fill("dialog[open] #f-point", "start")
	tb.sendNow("")
	tb.until(`location.pathname === "/console/batches"`, "the batch")
	tb.says("#main .status", "completed")
	tb.says("#main h2", "1 run")

	act("/console/schedules/paused-report", "Trigger", nil, "started")
	act("/console/schedules/paused-report", "Resume", nil, "Done")
	act("/console/schedules/paused-report", "Pause", map[string]string{"reason": "holidays"}, "Done")
	act("/console/schedules/nightly-books", "Backfill", map[string]string{"from": "2026-03-01T00:00:00", "to": "2026-03-03T00:00:00"}, "started")
	tb.visit("/console/schedules")
	tb.click(".actions button", "Create a schedule")
	for name, value := range map[string]string{"id": "by-hand", "type": "order", "every": "24h", "input": `{"id":1,"amount":2}`} {
		tb.fill("dialog[open] #f-"+name, value)
	}
	tb.sendNow("")
	tb.until(`location.pathname === "/console/schedules/by-hand"`, "the schedule")
	act("/console/queues/default", "Set its limits", map[string]string{"concurrency": "50", "rate": ""}, "Done")
	tb.says("#main td", "50 at a time")
	act("/console/cluster", "Drain", map[string]string{"node": c.follower(t).id}, "Done")
	tb.says("#main td", "drains")
	act("/console/cluster", "Undrain", nil, "Done")
	tb.clean("409", "400")
}

// Deploys: an archive with its plan, routes, canaries, unloads, backtests, the chain.
func testDeploys(t *testing.T, tb *tab) {
	archive := project(t, "order-v3")
	tb.visit("/console/versions")
	tb.click(".actions button", "Deploy an archive")
	tb.until(`document.querySelector("#f-file")`, "the field of the archive")
	if err := tb.Files(tb.ctx, "#f-file", archive); err != nil {
		t.Fatal(err)
	}
	tb.fill("dialog[open] #f-message", "release 14")
	tb.click("dialog[open] button", "Plan")
	tb.says("dialog[open] .preview", "would be loaded")
	tb.sendNow("is routed")
	tb.visit("/console/versions/order/routed")
	tb.says("#main .status", "routed")
	tb.click(".actions button", "Roll back")
	tb.sendNow("is routed")
	tb.visit("/console/versions/order")
	unrouted := eval[string](tb, `[...document.querySelectorAll("#main tbody tr")].find(r => !r.innerText.includes("routed")).dataset.href`)
	tb.visit(unrouted)
	tb.click(".actions button", "Unload")
	eval[any](tb, `document.querySelector("#f-drained").checked = false`)
	tb.sendNow("")
	tb.until(`document.querySelector("dialog[open] .problem, dialog[open] .answer")`, "an answer")
	tb.visit("/console/versions/ledger")
	canary := eval[string](tb, `[...document.querySelectorAll("#main tbody tr")].find(r => r.innerText.includes("canary")).dataset.href`)
	tb.visit(canary)
	tb.click(".actions button", "Change the canary")
	tb.fill("dialog[open] #f-share", "50%")
	tb.sendNow("50%")
	tb.visit(canary)
	tb.click(".actions button", "Backtest")
	tb.sendNow("")
	tb.until(`location.pathname === "/console/trials" && [...document.querySelectorAll("#main .status")].some(s => s.innerText === "completed")`, "the backtest")
	tb.visit(canary)
	tb.click(".actions button", "Promote the canary")
	tb.sendNow("Promoted")
	tb.visit("/console/audit?operation=promote_canary")
	tb.says("#main", "line")
	tb.visit("/console/deploys")
	tb.click(".actions button", "Check the chain")
	tb.says("#main", "The chain fits")
	tb.clean("409", "400")
}

// A page outlives the leader: what is shown stays, is marked while it is stale, and goes on.
func testFailover(t *testing.T, c *cluster, tb *tab) {
	tb.visit("/console/runs?type=order&sort=started")
	tb.says("header .cluster", "live")
	first := tb.text("#main tbody tr a")
	leader := c.leader(t)
	eval[any](tb, `window.same = true`)
	c.nodes[leader].kill()
	tb.until(`document.querySelector("header .cluster").innerText.includes("leads") && !document.querySelector("header .cluster").innerText.startsWith(`+js(leader)+`)`, "another leader")
	tb.until(`!document.querySelector("#strip .warn")`, "the page to be fresh again")
	if !eval[bool](tb, `window.same === true`) || tb.text("#main tbody tr a") != first {
		t.Error("the page was loaded again, or what one read is gone")
	}
	if _, err := c.client.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "after-the-kill", Input: []byte(`{"id":1,"amount":2}`)}); err != nil {
		t.Fatal(err)
	}
	tb.visit("/console/runs")
	tb.says("#main tbody", "after-the-kill")
	c.nodes[leader].start(t)
	c.settle(t)
	tb.clean("503", "Failed to load", "ERR_")
}

// When the node that serves the page is gone, the page says so, and where else it can be seen.
func testOutage(t *testing.T, c *cluster, tb *tab, node string) {
	tb.visit("/console/runs?type=order")
	tb.says("header .cluster", "live")
	c.nodes[node].kill()
	tb.says(".outage", "does not answer")
	if to := tb.text(".outage"); strings.Count(to, "/console/runs?type=order") != 2 {
		t.Errorf("it says %s", to)
	}
	c.nodes[node].start(t)
	c.settle(t)
	tb.until(`!document.querySelector(".outage")`, "the page to go on")
	tb.clean("503", "Failed to load", "ERR_")
}

// The debugger shows code, variables and events of each turn, by keys too.
func testDebugger(t *testing.T, tb *tab) {
	tb.visit("/console/runs/order-1002?tab=debug")
	tb.says("#main .debug", "Timer started")
	tb.says("#main .debug .mark", "ctx.sleep(RESERVE)")
	tb.press("ArrowRight", false)
	tb.says("#main .debug", "Signal received")
	tb.says("#main .debug dl", "order")
	tb.click(".controls button", "Last")
	tb.says("#main .debug", "The code has ended")
	tb.press("ArrowLeft", false)
	tb.says("#main .debug .mark", "ctx.sleep(PACK)")
	tb.visit("/console/runs/order-1014?tab=debug&turn=2") // an open run, up to now
	tb.says("#main .debug .mark", "ctx.signal")
	tb.clean()
}
