package auditlog

import "time"

// Strangers is how many calls of unknown callers get a line of their own within a second unless
// Config says otherwise. All others of that second share one: whoever has no token must not be able
// to push the lines of others out of the files that are kept.
const Strangers = 200

// burst counts calls of unknown callers; the log guards it.
type burst struct {
	since time.Time // the second began
	lines int       // in that second
	extra *Line     // of the calls that got none; nil = there were none
}

// swallows reports whether a line is not to be written, but counted.
func (b *burst) swallows(line *Line, most int, now time.Time) bool {
	if now.Sub(b.since) >= time.Second && b.extra == nil {
		b.since, b.lines = now, 0
	}
	if b.lines++; b.lines <= most {
		return false
	}
	if b.extra == nil {
		// What the calls had in common.
		b.extra = &Line{Face: line.Face, Operation: "other", Outcome: line.Outcome, Status: line.Status, Code: line.Code, Detail: "calls of unknown callers that have no line of their own"}
	}
	b.extra.Times++
	return true
}

// over returns the line for the calls that got none, once their second is over; nil = not yet.
func (b *burst) over(now time.Time) *Line {
	if b.extra == nil || now.Sub(b.since) < time.Second {
		return nil
	}
	line := b.extra
	*b = burst{}
	return line
}
