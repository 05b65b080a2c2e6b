package engine

import (
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
)

// GateFailed means that open runs ask for something else on the version that was to be routed.
type GateFailed struct {
	Version catalog.Version
	Runs    []backtest.Result // the first that were found
}

func (e *GateFailed) Error() string {
	var found []string
	for _, r := range e.Runs[:min(len(e.Runs), 3)] {
		found = append(found, fmt.Sprintf("workflow %q (run %s): %s", r.WorkflowID, r.RunID, differenceOf(&r)))
	}
	if n := len(e.Runs) - len(found); n > 0 {
		found = append(found, fmt.Sprintf("and %d more that were found", n))
	}
	return fmt.Sprintf("open runs do not replay on version %s: %s", e.Version.Short(), strings.Join(found, "; "))
}

func differenceOf(r *backtest.Result) string {
	if r.Why != "" {
		return r.Why
	}
	return fmt.Sprintf("%srecorded is %s, the code asks for %s", atEvent(r.Seq), orNothing(r.Recorded), orNothing(r.Asked))
}

// atEvent names the recorded event that the code did not ask for; 0 = it asks for one too many.
func atEvent(seq uint64) string {
	if seq == 0 {
		return ""
	}
	return fmt.Sprintf("at event %d, ", seq)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing more"
	}
	return text
}

// Code implements fsm.Refusal.
func (e *GateFailed) Code() string { return "gate_failed" }

// Facts implements fsm.Refusal.
func (e *GateFailed) Facts() map[string]any {
	list := []map[string]any{}
	for _, r := range e.Runs {
		list = append(list, map[string]any{
			"workflow_id": r.WorkflowID, "run_id": r.RunID.String(), "version": r.Version.String(), "verdict": string(r.Verdict), "seq": r.Seq, "recorded": r.Recorded, "asked": r.Asked, "where": r.Where, "why": r.Why,
		})
	}
	return map[string]any{"version": e.Version.String(), "runs": list}
}

// GateContended means that runs took turns for as long as their turns may be held back. Nothing was
// changed.
type GateContended struct{ Types []string }

func (e *GateContended) Error() string {
	return fmt.Sprintf("the open runs of %q could not all be checked while their turns waited for %s; nothing was changed", e.Types, gateHold)
}

// Code implements fsm.Refusal.
func (e *GateContended) Code() string { return "gate_contended" }

// Facts implements fsm.Refusal.
func (e *GateContended) Facts() map[string]any { return map[string]any{"workflow_types": e.Types} }
