package wasm

import (
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime/wasm/jsontext"
	"aion.dev/aion/engine/runtime/wasm/sourcemap"
	"aion.dev/aion/fsm/history"
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

// frame is one call.
type frame struct {
	name, source string
	line         int
	body         bool // of an async function
}

func (f frame) String() string {
	text := f.source + ":" + strconv.Itoa(f.line)
	if f.name != "" {
		text += " in " + f.name[:min(len(f.name), 100)]
	}
	return clean([]byte(text))
}

// lines reads a stack, outermost call first: each is "order.ts:12 in Order". Calls within the
// library and the interpreter are left out.
func (t trace) lines(stack []byte) (list []string) {
	var frames []frame
	body := false
	for text := range strings.Lines(clean(stack)) {
		if len(frames) == maxFrames {
			break
		}
		name, place, _ := strings.Cut(strings.TrimSpace(text), " (")
		name, at := strings.CutPrefix(name, "at ")
		place, closed := strings.CutSuffix(place, ")")
		if !at || !closed {
			continue
		}
		if name == lowered { // its caller is the function that the author wrote, and what it called the body of that
			body = len(frames) > 0 && (frames[len(frames)-1].name == "" || frames[len(frames)-1].body)
		}
		f, ok := t.frame(name, place)
		switch {
		case !ok:
		case body && frames[len(frames)-1].source == f.source:
			frames[len(frames)-1].name, body = f.name, false
		default:
			frames, body = append(frames, f), false
		}
	}
	for _, f := range slices.Backward(frames) {
		list = append(list, f.String())
	}
	return list
}

// lowered is the function by which the bundler runs the body of an async function, as a generator.
const lowered = "__async"

// frame tells a call. ok is false if it is not the author's.
func (t trace) frame(name, place string) (f frame, ok bool) {
	numbers, ok := strings.CutPrefix(place, t.file+":")
	first, second, _ := strings.Cut(numbers, ":")
	line, err := strconv.Atoi(first)
	if !ok || err != nil {
		return f, false
	}
	f = frame{source: t.file, line: line}
	if f.name, f.body = strings.CutSuffix(name, catalog.AsyncName); strings.HasPrefix(name, "<") || strings.Contains(name, ".") {
		f.name = "" // it has none, or that of a file, as the bundler calls what is around it
	}
	if t.of == nil {
		return f, true
	}
	column, _ := strconv.Atoi(second)
	f.source, f.line, ok = t.of.Source(line, column-1)
	return f, ok && !strings.HasPrefix(f.source, library)
}

// details are those of an error that has a stack.
func details(lines []string) history.Payload {
	if len(lines) == 0 {
		return nil
	}
	return append(jsontext.AppendTexts([]byte(`{"stack":`), lines), '}')
}

// innermost tells the innermost call of a stack in details, behind a comma.
func innermost(details history.Payload) string {
	members, _ := jsontext.Object(details)
	for _, m := range members {
		if lines, _ := jsontext.List(m.Value); string(m.Key) == "stack" && len(lines) > 0 {
			line, _ := jsontext.Text(lines[len(lines)-1])
			return ", at " + string(line)
		}
	}
	return ""
}
