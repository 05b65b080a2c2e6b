package main

import (
	"fmt"
	"io"
	"strings"

	"aion.dev/aion/transport/wire"
)

// progress shows how many runs still pin a version: as a bar that is redrawn on a terminal,
// otherwise as one line per change.
type progress struct {
	w     io.Writer
	width int // of the terminal; 0 = none
	most  uint64
	last  string
}

func newProgress(w io.Writer) *progress {
	width, _ := terminal(w)
	return &progress{w: w, width: width}
}

func (p *progress) show(c wire.PinCounts) {
	left := c.Total()
	p.most = max(p.most, left) // new children may pin it too
	if p.width == 0 {
		if line := "pinned by " + summary(c); line != p.last {
			p.last = line
			fmt.Fprintln(p.w, line)
		}
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", bar(p.most-left, p.most, summary(c), p.width-1))
}

// end leaves the bar in place and continues below it.
func (p *progress) end() {
	if p.width > 0 && p.most > 0 {
		fmt.Fprintln(p.w)
	}
}

// bar draws done of all as a bar that fits into width together with its text.
func bar(done, all uint64, text string, width int) string {
	tail := fmt.Sprintf(" %d/%d closed; pinned by %s", done, all, text)
	room := min(40, width-len(tail)-2)
	if room < 5 {
		return strings.TrimSpace(tail)[:min(len(tail)-1, max(width, 0))]
	}
	full := room
	if all > 0 {
		full = int(uint64(room) * done / all)
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", room-full) + "]" + tail
}
