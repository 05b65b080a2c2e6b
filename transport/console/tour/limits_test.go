package tour

import (
	"testing"

	"aion.dev/aion/transport/wire"
)

// Stops, quotas and what a start may ask for.
func testLimits(t *testing.T, c *cluster, tb *tab) {
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
	act("/console/versions/approval", "Stop this type", map[string]string{"reason": "a bomb"}, "Nothing of it starts")
	tb.visit("/console/limits")
	tb.says("#main tbody", "a bomb")
	tb.visit("/console")
	tb.says("#main .findings", "a bomb")
	tb.visit("/console/versions/approval")
	tb.click(".actions button", "Lift the stop")
	tb.until(`document.querySelector("#f-resume")`, "the choice")
	eval[any](tb, `document.querySelector("#f-resume").click()`)
	tb.says("dialog[open] footer.command", "unstop approval --resume")
	tb.sendNow("It runs again")
	act("/console/versions/approval/routed", "Stop this version", nil, "Nothing of it starts")
	tb.visit("/console/versions/approval/routed")
	tb.says("#main .headline", "stopped")
	tb.click(".actions button", "Lift the stop")
	tb.sendNow("It runs again")
	act("/console/limits", "Set a quota", map[string]string{"type": "order", "open_runs": "1000"}, "Done")
	tb.says("#main tbody", "1,000")
	tb.click("#main tbody button", "Remove")
	tb.sendNow("Done")
	tb.says("#main", "There are no quotas")

	start := func(fields map[string]string) {
		t.Helper()
		tb.visit("/console/versions/order")
		tb.click(".actions button", "Start a run")
		tb.until(`document.querySelector("#f-if_open")`, "the form")
		for name, value := range fields {
			tb.fill("dialog[open] #f-"+name, value)
		}
	}
	start(map[string]string{"id": "begins-later", "delay": "1h", "max_attempts": "3", "chain_timeout": "9h", "signal": "approval", "signal_payload": `{"by":"Eve"}`})
	tb.says("dialog[open] footer.command", `--delay 1h --retry 3 --chain-timeout 9h`)
	tb.sendNow("")
	tb.until(`location.pathname === "/console/runs/begins-later"`, "the run")
	tb.says("#main", "It has not begun")
	d, err := c.client.Describe(t.Context(), wire.RunRef{WorkflowID: "begins-later"})
	if err != nil || d.BeginsAt == nil || d.Retry == nil || d.Retry.MaxAttempts != 3 || d.ChainTimeout != "9h0m0s" || d.UnreadSignals != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	start(map[string]string{"id": "begins-later", "if_open": "use"})
	tb.sendNow("")
	tb.until(`location.pathname === "/console/runs/begins-later"`, "the same run")
	start(map[string]string{"id": "begins-later"})
	tb.sendNow("")
	tb.says("dialog[open] .problem", "already_running")
	tb.clean("409")
}
