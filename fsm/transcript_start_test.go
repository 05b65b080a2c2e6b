package fsm

import (
	"slices"
	"strings"

	"aion.dev/aion/fsm/history"
)

// startOptions are what a line says a start asks for; nil = nothing.
func startOptions(a words) *StartOptions {
	word := func(name string, of ...string) uint8 { return uint8(max(slices.Index(of, a.named[name]), 0)) }
	o := StartOptions{
		IfOpen: IfOpen(word("if_open", "refuse", "signal", "use", "terminate")), IfClosed: IfClosed(word("if_closed", "allow", "failed_only", "refuse")), Delay: a.duration("delay"),
	}
	if name, payload, ok := strings.Cut(a.named["signal"], ":"); ok {
		o.Signal = &StartSignal{Name: name, Payload: history.Payload(payload), MaxWaiting: a.number("max", 10_000)}
	}
	o.ChainTimeout = a.duration("chain")
	if n := a.number("tries", 99); n != 99 {
		o.Retry = &history.Retry{MaxAttempts: uint32(n), Backoff: 1e9, Factor: 2, MaxBackoff: 60e9}
		if kind := a.named["unless"]; kind != "" {
			o.Retry.NonRetryable = []string{kind}
		}
	}
	if o == (StartOptions{}) {
		return nil
	}
	return &o
}
