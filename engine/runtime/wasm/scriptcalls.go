package wasm

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"aion.dev/aion/engine/runtime/wasm/jsontext"
)

// scriptImports are the functions that interpreters import.
var scriptImports = []function{
	{"host_call", "iiiii", "i", true, (*call).scriptCall},
	{"host_promise_rejection", "iii", "", true, (*call).rejected},
	{"host_get_timezone_offset", "ii", "i", true, (*call).nothing}, // UTC
	{"host_interrupt", "", "i", true, (*call).nothing},
	{"host_module_normalize", "ii", "i", true, (*call).noModule},
	{"host_module_load", "ii", "i", true, (*call).noModule},
}

func (c *call) noModule() { c.stop(c.broke("it loads a module: a bundle has all of them")) }

// scriptFunction is a function of the object aion in JavaScript, see docs/GUEST.md. Params and
// result are letters: n = a number, t = a text, o = one of these, b = a boolean.
type scriptFunction struct {
	name, params, result string
	apart                bool // it may be called outside of a turn
	do                   func(*spoken)
}

// spoken is one call of such a function: one of the functions that other guests import, whose
// parameters are words, and whose record a script said.
type spoken struct {
	call
	words   [4]uint64
	name    string
	numbers [3]float64
	text    []byte
	number  float64 // the result, in one of three forms
	answer  []byte
	is      bool
}

// do calls the function that other guests import.
func (s *spoken) do(f func(*call), words ...uint64) uint64 {
	copy(s.words[:], words)
	s.stack = s.words[:]
	f(&s.call)
	return s.words[0]
}

// whole returns a parameter that is a whole number.
func (s *spoken) whole(n int) uint64 {
	d := s.numbers[n]
	if d != math.Trunc(d) || d < 0 || d >= 1<<53 {
		s.stop(s.broke("aion.%s: argument %d is %s, which is no whole number", s.name, n+1, strconv.FormatFloat(d, 'g', -1, 64)))
	}
	return uint64(d)
}

// record takes the text as a record. One of an unknown kind is refused by whoever reads it.
func (s *spoken) record(f fields) {
	if f == nil {
		return
	}
	r, err := recordOf(s.text, f)
	if err != nil {
		s.stop(s.broke("aion.%s: %s", s.name, err))
	}
	s.said = r
}

// outcome takes the text as an error, or as what else it is.
func (s *spoken) outcome(failed uint64, f fields) {
	switch {
	case failed != 0:
		s.record(errorFields)
	case f != nil:
		s.record(f)
	default:
		s.said = s.text
	}
}

// ordinals takes argument 3 as ordinals, and returns how many they are.
func (s *spoken) ordinals() (count uint64) {
	if s.text == nil {
		s.said = binary.LittleEndian.AppendUint64(nil, s.whole(2))
		return 1
	}
	if len(s.text) == 0 {
		return 0
	}
	for word := range strings.SplitSeq(string(s.text), ",") {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			s.stop(s.broke("aion.%s: %.50q is no ordinal", s.name, word))
		}
		s.said = binary.LittleEndian.AppendUint64(s.said, n)
		count++
	}
	return count
}

// state tells the state of a future: nothing, or a digit and what it is.
func (s *spoken) state() {
	if state, told := s.stateOf(s.whole(0)); state != pending {
		s.answer = append([]byte{'0' + state}, told...)
	}
}

// stateOf is how a script is told the state of a future, and with what.
func (e *execution) stateOf(id uint64) (state byte, told []byte) {
	switch f := e.host.Future(id); {
	case !f.Done:
		return pending, nil
	case f.Error == nil && len(f.Result) == 0:
		return succeeded, []byte("null")
	case f.Error == nil:
		return succeeded, f.Result
	case f.Late:
		return late, jsonOf(errorRecord(f.Error, id), errorFields)
	default:
		return failed, jsonOf(errorRecord(f.Error, id), errorFields)
	}
}

var scriptCalls = map[string]*scriptFunction{}

// scriptNames are their names, in the order in which a script gets them.
var scriptNames []string

func init() {
	for _, f := range []scriptFunction{
		{"start", "nt", "n", false, func(s *spoken) {
			kind := s.whole(0)
			s.record(startFields[kind])
			s.number = float64(s.do((*call).start, kind))
		}},
		{"now", "", "n", true, func(s *spoken) { s.number = math.Floor(float64(s.time() / 1e6)) }},
		{"random", "", "n", true, func(s *spoken) { s.number = float64(s.draw()>>11) / (1 << 53) }},
		{"draw", "", "t", true, func(s *spoken) { s.answer = fmt.Appendf(nil, "%016x", s.draw()) }},
		{"log", "t", "", false, func(s *spoken) { s.log(clean(s.text)) }},
		{"at", "t", "", true, func(s *spoken) { s.stands(s.guest.script.trace.lines(s.text)) }},
		{"info", "", "t", false, func(s *spoken) {
			s.do((*call).info)
			s.answer, s.offer = jsonOf(s.offer, infoFields), nil
		}},
		{"cancelled", "n", "b", false, func(s *spoken) { s.is = s.do((*call).cancelled, s.whole(0)) == 1 }},
		{"state", "n", "t", false, (*spoken).state},
		{"wait", "nno", "n", false, func(s *spoken) {
			s.number = float64(int32(s.do((*call).wait, s.whole(0), s.whole(1), 0, s.ordinals())))
		}},
		{"cancel", "n", "", false, func(s *spoken) {
			id := s.whole(0)
			s.ask(func() error { return s.host.Cancel(id) })
		}},
		{"holds", "n", "", false, func(s *spoken) { s.do((*call).holds, s.whole(0)) }},
		{"handle", "nt", "", false, func(s *spoken) {
			s.said = s.text
			s.do((*call).handle, s.whole(0))
		}},
		{"done", "nnt", "", false, func(s *spoken) {
			failed := s.whole(1)
			s.outcome(failed, nil)
			s.do((*call).done, s.whole(0), failed)
		}},
		{"answer", "nt", "", true, func(s *spoken) {
			failed, f := s.whole(0), fields(nil)
			if s.apart {
				f = describeFields
			}
			s.outcome(failed, f)
			s.do((*call).answer, failed)
		}},
		{"tell", "nt", "", false, func(s *spoken) {
			kind := s.whole(0)
			s.record(tellFields[kind])
			s.do((*call).tell, kind)
		}},
		{"continue", "nt", "", false, func(s *spoken) {
			s.said = s.text
			s.do((*call).goOn, s.whole(0))
		}},
		{"stack", "t", "t", true, func(s *spoken) {
			s.answer = jsontext.AppendTexts(nil, s.guest.script.trace.lines(s.text))
		}},
	} {
		scriptCalls[f.name] = &f
		scriptNames = append(scriptNames, f.name)
	}
}

// scriptCall is a call of a function of the object aion.
func (c *call) scriptCall() {
	i := c.inst
	f := scriptCalls[string(i.bytesAt(c.stack[0], c.stack[1]))]
	if f == nil {
		c.stop(c.broke("the interpreter calls a function that nobody gave it"))
	}
	if c.apart && !f.apart {
		c.stop(c.broke("aion.%s is called outside of a run", f.name))
	}
	s := &spoken{call: call{execution: c.execution, memory: c.memory, script: true}, name: f.name}
	for n, letter := range f.params {
		handle := i.guest.script.nothing
		if uint64(n) < c.stack[3] {
			handle = i.wordAt(c.stack[4] + 4*uint64(n))
		}
		if d, ok := i.numberAt(handle); ok && letter != 't' {
			s.numbers[n] = d
			continue
		}
		switch {
		case letter != 't' && i.js(jsIsNumber, handle) != 0:
			s.numbers[n] = math.Float64frombits(i.js(jsNumber, handle))
		case letter != 'n' && (i.tagAt(handle) == cellText || i.js(jsIsText, handle) != 0):
			s.text = i.text(handle)
		default:
			c.stop(c.broke("aion.%s: argument %d is no %s", f.name, n+1, map[rune]string{'n': "number", 't': "text", 'o': "number or text"}[letter]))
		}
	}
	f.do(s)
	switch f.result {
	case "n":
		c.stack[0] = i.newNumber(s.number)
	case "t":
		c.stack[0] = i.newText(s.answer)
	case "b":
		c.stack[0] = i.js(map[bool]native{true: jsTrue, false: jsFalse}[s.is])
	default:
		c.stack[0] = i.js(jsCopy, i.guest.script.nothing)
	}
}
