package bugs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// hunk is one place that a patch changes: the lines of a file as they are, and where lines are
// removed and added.
type hunk struct {
	file    string // slash-separated, below the module's root
	shown   []string
	changes []change
}

// change removes lines and puts others there.
type change struct {
	at    int // an index into shown, and later into the file
	takes int
	puts  []string
}

// parse reads a unified diff. The line numbers in hunk headers are for people: they are outdated as
// soon as somebody adds a line above.
func parse(patch string) (hunks []hunk, err error) {
	file := ""
	var h *hunk
	for n, line := range strings.Split(strings.TrimSuffix(patch, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "index "):
			h = nil
		case strings.HasPrefix(line, "+++ "):
			file = strings.TrimPrefix(strings.TrimPrefix(line, "+++ "), "b/")
		case strings.HasPrefix(line, "@@"):
			hunks = append(hunks, hunk{file: file})
			h = &hunks[len(hunks)-1]
		case h == nil:
			return nil, fmt.Errorf("line %d belongs to no hunk: %q", n+1, line)
		case line == "": // an editor removed the trailing blank
			h.shown = append(h.shown, "")
		case line[0] == ' ':
			h.shown = append(h.shown, line[1:])
		case line[0] == '-':
			c := h.change()
			c.takes++
			h.shown = append(h.shown, line[1:])
		case line[0] == '+':
			c := h.change()
			c.puts = append(c.puts, line[1:])
		default:
			return nil, fmt.Errorf("line %d is none of a patch: %q", n+1, line)
		}
	}
	return hunks, nil
}

// change is the one under way where the hunk has come to.
func (h *hunk) change() *change {
	if n := len(h.changes); n > 0 && h.changes[n-1].at+h.changes[n-1].takes == len(h.shown) {
		return &h.changes[n-1]
	}
	h.changes = append(h.changes, change{at: len(h.shown)})
	return &h.changes[len(h.changes)-1]
}

// place finds the hunk's lines in a file, and returns its changes at that place.
func (h *hunk) place(lines []string) ([]change, error) {
	at := -1
	for i := 0; i+len(h.shown) <= len(lines); i++ {
		if !slices.Equal(lines[i:i+len(h.shown)], h.shown) {
			continue
		}
		if at >= 0 {
			return nil, fmt.Errorf("%s has these lines twice, at %d and %d; show more of them:\n%s",
				h.file, at+1, i+1, strings.Join(h.shown, "\n"))
		}
		at = i
	}
	if at < 0 {
		return nil, fmt.Errorf("%s has nowhere these lines:\n%s", h.file, strings.Join(h.shown, "\n"))
	}
	placed := slices.Clone(h.changes)
	for i := range placed {
		placed[i].at += at
	}
	return placed, nil
}

// edit applies all changes, which may come from several patches. Additions before the same line
// keep their order, and identical ones, such as an import, appear once.
func edit(lines []string, changes []change) ([]string, error) {
	slices.SortStableFunc(changes, func(a, b change) int {
		return cmp.Or(a.at-b.at, min(a.takes, 1)-min(b.takes, 1))
	})
	var out []string
	next := 0
	for i, c := range changes {
		if c.at < next {
			return nil, fmt.Errorf("two patches change line %d", c.at+1)
		}
		out = append(out, lines[next:c.at]...)
		next = c.at + c.takes
		if i > 0 && changes[i-1].at == c.at && slices.Equal(changes[i-1].puts, c.puts) {
			continue
		}
		out = append(out, c.puts...)
	}
	return append(out, lines[next:]...), nil
}
