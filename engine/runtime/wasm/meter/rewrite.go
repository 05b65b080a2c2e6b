package meter

import (
	"encoding/binary"
	"slices"
)

// Bounds of modules. They are part of the abi, like the schedule.
const (
	MaxBytes     = 32 << 20
	MaxPages     = 4096 // of memory, whatever the limits of a node
	maxFunctions = 100_000
	maxTypes     = 10_000
	maxGlobals   = 10_000
	maxExports   = 1000
	maxTables    = 10
	maxTable     = 1_000_000 // entries
	maxSegments  = 100_000
	maxBody      = 1 << 20
	maxLocals    = 10_000
	maxNesting   = 1000
	maxResults   = 100 // and parameters
)

// Names of what a rewritten module has in addition. A module may not use them itself.
const (
	Module = "aion"       // of the import that the counters call
	Import = "meter"      // (why i32): see the reasons
	Fuel   = "aion_fuel"  // exported global, i64: what is left of the portion
	Depth  = "aion_depth" // exported global, i64: the weight of the calls under way
	Saved  = "aion_saved" // prefix of the mutable globals, exported as aion_saved0 and so on
)

// Reasons for which a counter calls its import.
const (
	NoFuel   = 0 // Fuel is negative: the host gives more, or stops the code
	NoMemory = 1 // the memory cannot grow
	TooDeep  = 2 // Depth is above MaxDepth
)

// MaxDepth bounds the weight of all calls under way. A frame of the compiler has a few times as
// many bytes as its call weighs; all of them have to fit into the stack that the compiler allows,
// 50 MB, so that this bound is always met first.
const MaxDepth = 1 << 20

// Rewritten is a module with its counters.
type Rewritten struct {
	Imports []Imported
	Exports []Exported
	Pages   uint32 // that the memory begins with
	Saved   int    // mutable globals
	Data    []Data // with which the memory begins
	parts   []section
}

// Data is a data segment.
type Data struct {
	At    uint32
	Bytes []byte // of the module; nobody may change them
}

// Imported is a function that the module imports.
type Imported struct {
	Module, Name string
	Params       string // value types, a byte each
	Results      string
}

// Exported is something that the module exports.
type Exported struct {
	Name    string
	Kind    byte // 0 function, 2 memory
	Params  string
	Results string
}

// section is one section of a module.
type section struct {
	id   byte
	body []byte
	at   int
}

// signature is a function type.
type signature struct{ params, results string }

// module is what the sections say that functions refer to.
type module struct {
	weight    Weight
	types     []signature
	added     []signature // types that counters need, after those of the module
	imports   []Imported
	functions []uint32 // types of the module's own
	tables    int
	memories  int
	pages     uint32
	globals   []global
	exports   []Exported
	data      []Data
}

type global struct {
	kind    byte
	mutable bool
}

// Weight is how many bytes of a function's code weigh one unit while a call of it is under way. The
// frames of unknown code may be as large as its bytes allow. Those of a known interpreter were
// measured: see docs/adr/0072.
type Weight uint64

// Weights of docs/GUEST.md.
const (
	Unknown  Weight = 8
	Measured Weight = 64
)

// Rewrite checks a module and puts counters into it. An error is *Invalid.
func Rewrite(wasm []byte, weight Weight) (*Rewritten, error) {
	if len(wasm) > MaxBytes {
		return nil, &Invalid{Reason: "the module has more than 32 MiB"}
	}
	sections, err := split(wasm)
	if err != nil {
		return nil, err
	}
	m := &module{weight: weight}
	out := make(map[byte][]byte)
	for _, s := range sections {
		r := &reader{b: s.body, base: s.at}
		out[s.id] = m.section(s.id, r)
		if r.err == nil && r.p < len(r.b) {
			r.fail("section %d is longer than what it says", s.id)
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	if invalid := m.whole(out); invalid != "" {
		return nil, &Invalid{Reason: invalid}
	}
	return m.rewritten(out), nil
}

var header = []byte("\x00asm\x01\x00\x00\x00")

// order are the sections that a module may have, in the order in which they must come.
var order = []byte{1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11}

// split returns the sections of a module, without custom ones.
func split(wasm []byte) (list []section, err error) {
	r := &reader{b: wasm}
	if string(r.bytes(8)) != string(header) {
		return nil, &Invalid{Reason: "it is no WebAssembly module of version 1"}
	}
	next := 0
	for !r.done() {
		id := r.byte()
		at := r.p
		body := r.sub(r.u32())
		if r.err != nil {
			break
		}
		if id == 0 {
			continue
		}
		if id == 8 {
			return nil, &Invalid{At: at, Reason: "the module has a start section: let _initialize do its work"}
		}
		place := slices.Index(order, id)
		if place < next {
			return nil, &Invalid{At: at, Reason: "the module has an unknown section, or one out of order"}
		}
		next = place + 1
		list = append(list, section{id, body.b, body.base})
	}
	if r.err != nil {
		return nil, r.err
	}
	return list, nil
}

// whole returns what the sections lack together, or "".
func (m *module) whole(out map[byte][]byte) string {
	switch {
	case m.memories != 1:
		return "the module has no memory of its own"
	case len(m.functions) > 0 && out[10] == nil:
		return "the module has functions without code"
	case m.pages > MaxPages:
		return "the memory begins with more than 256 MiB"
	}
	return ""
}

// rewritten puts the sections together again.
func (m *module) rewritten(out map[byte][]byte) *Rewritten {
	w := &Rewritten{Imports: m.imports, Exports: m.exports, Pages: m.pages, Data: m.data}
	out[5] = uleb(uleb([]byte{1, 1}, uint64(m.pages)), MaxPages)
	out[6], out[7] = m.countersOf(out[6]), m.exportsOf(out[7], &w.Saved)
	out[1], out[2] = m.typesOf(out[1]), m.importsOf(out[2])
	for _, id := range order {
		if body := out[id]; len(body) > 0 && id != 11 {
			w.parts = append(w.parts, section{id: id, body: body})
		}
	}
	return w
}

// Warm returns the module without its data: whoever makes an instance writes that to the memory, or
// the memory of an earlier instance. So modules that differ only in their data are the same, and a
// module is compiled once.
func (w *Rewritten) Warm() []byte {
	b := slices.Clone(header)
	for _, s := range w.parts {
		b = append(uleb(append(b, s.id), uint64(len(s.body))), s.body...)
	}
	return b
}

// uleb appends an unsigned number.
func uleb(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// sleb appends a signed number.
func sleb(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

// text appends a text.
func text(b []byte, s string) []byte { return append(uleb(b, uint64(len(s))), s...) }
