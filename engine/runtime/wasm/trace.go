package wasm

import (
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/engine/runtime/wasm/sourcemap"
)

// trace turns the stacks of an interpreter into lines of the author's sources.
type trace struct {
	file string         // the name under which the bundle was evaluated
	of   *sourcemap.Map // nil = there is none
}

// maxFrames bounds the lines of a stack, library is how the names of sources begin that do not
// belong to the author.
const (
	maxFrames = 50
	library   = "aion:"
)

// lines reads a stack, outermost call first: each is "order.ts:12 in Order". Calls within the
// library and the interpreter are left out.
func (t trace) lines(stack []byte) (list []string) {
	for text := range strings.Lines(clean(stack)) {
		if len(list) == maxFrames {
			break
		}
		name, place, ok := strings.Cut(strings.TrimSpace(text), " (")
		name, at := strings.CutPrefix(name, "at ")
		place, closed := strings.CutSuffix(place, ")")
		if !ok || !at || !closed {
			continue
		}
		if line := t.line(name, place); line != "" {
			list = append(list, line)
		}
	}
	slices.Reverse(list)
	return list
}

// line tells a call, or "" if it is not the author's.
func (t trace) line(name, place string) string {
	numbers, ok := strings.CutPrefix(place, t.file+":")
	first, second, _ := strings.Cut(numbers, ":")
	line, err := strconv.Atoi(first)
	if !ok || err != nil {
		return ""
	}
	source := t.file
	if t.of != nil {
		column, _ := strconv.Atoi(second)
		if source, line, ok = t.of.Source(line, column-1); !ok || strings.HasPrefix(source, library) {
			return ""
		}
	}
	text := source + ":" + strconv.Itoa(line)
	if name != "" && name[0] != '<' {
		text += " in " + name[:min(len(name), 100)]
	}
	return clean([]byte(text))
}
