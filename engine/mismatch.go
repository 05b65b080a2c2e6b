package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
)

// How much of each part a reason contains. All of it must fit into MaxMessage.
const (
	maxEventText = 350 // bytes of an event, recorded or requested
	maxLineText  = 120 // bytes of a line of source
)

// reasonOf explains to people why a run cannot go on. If code does not follow its history, the
// reason contains the recorded event, the event that the code asks for now, and the line that asks.
func (e *Engine) reasonOf(ctx context.Context, at rows.Run, why error) string {
	var m *replay.Mismatch
	if !errors.As(why, &m) {
		return clip.To(why.Error(), MaxMessage)
	}
	text := fmt.Sprintf("replay of turn %d differs at its event %d", m.Turn, m.Position)
	if m.At != "" {
		text += ", at " + clip.To(m.At, maxLineText)
		if line := e.sourceLine(ctx, at.Version, m.At); line != "" {
			text += "\n    " + clip.To(line, maxLineText)
		}
	}
	event := func(s string) string { return clip.To(orElse(s, "nothing more"), maxEventText) }
	return text + "\n  recorded: " + event(m.Recorded) + "\n  asked:    " + event(m.Asked)
}

// sourceLine returns the source line at a position like "order.star:12:9" of a loaded version,
// trimmed; "" if it is not available.
func (e *Engine) sourceLine(ctx context.Context, version catalog.Version, at string) string {
	file, rest, _ := strings.Cut(at, ":")
	number, _, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	var pkg *catalog.Package
	e.cfg.Log.View(func(v fsm.View) { pkg, _ = v.Catalog().Package(version) })
	if pkg == nil {
		return ""
	}
	archive, err := e.programs.archive(ctx, pkg)
	if err != nil {
		return ""
	}
	for _, m := range archive.Modules {
		if m.Name != file {
			continue
		}
		for line := range strings.Lines(string(m.Source)) {
			if n--; n == 0 {
				return strings.TrimSpace(line)
			}
		}
	}
	return ""
}
