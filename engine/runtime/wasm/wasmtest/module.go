// Package wasmtest writes small WebAssembly modules for tests, instruction by instruction: valid
// ones, and such as no compiler would make. It checks nothing.
package wasmtest

import (
	"encoding/binary"
	"slices"
)

// Value types.
const (
	I32 = 0x7f
	I64 = 0x7e
	F32 = 0x7d
	F64 = 0x7c
)

// Func is a function of a module, or one that it imports.
type Func struct {
	Module, Name    string // of an import
	Export          string // "" = not exported
	Params, Results string
	Locals          string
	Code            []byte // without the last end
}

// Global is a mutable global with a number of 32 bits.
type Global int32

// Module is a module to be written. Functions are numbered from 0, imports first.
type Module struct {
	Imports []Func
	Funcs   []Func
	Globals []Global
	Pages   uint32
	Table   []uint32       // functions of table 0
	Data    map[int]string // by address
	Extra   map[byte][]byte
	NoMem   bool
}

// Bytes writes the module. Sections of Extra take the place of its own.
func (m *Module) Bytes() []byte {
	sections := map[byte][]byte{}
	var types, imports, funcs, exports, code []byte
	for i, f := range slices.Concat(m.Imports, m.Funcs) {
		types = Text(Text(append(types, 0x60), f.Params), f.Results)
		if i < len(m.Imports) {
			imports = U(append(Text(Text(imports, f.Module), f.Name), 0), i)
		} else {
			funcs = U(funcs, i)
			var body []byte
			body = U(body, len(f.Locals))
			for _, t := range []byte(f.Locals) {
				body = append(body, 1, t)
			}
			body = append(append(body, f.Code...), 0x0b)
			code = Text(code, string(body))
		}
		if f.Export != "" {
			exports = U(append(Text(exports, f.Export), 0), i)
		}
	}
	exported := 0
	for _, f := range m.Funcs {
		if f.Export != "" {
			exported++
		}
	}
	if !m.NoMem {
		exports = append(Text(exports, "memory"), 2, 0)
		exported++
		sections[5] = U([]byte{1, 0}, int(m.Pages))
	}
	sections[1] = append(U(nil, len(m.Imports)+len(m.Funcs)), types...)
	sections[2] = append(U(nil, len(m.Imports)), imports...)
	sections[3] = append(U(nil, len(m.Funcs)), funcs...)
	sections[7] = append(U(nil, exported), exports...)
	sections[10] = append(U(nil, len(m.Funcs)), code...)
	if m.Table != nil {
		sections[4] = U([]byte{1, 0x70, 0}, len(m.Table))
		elems := U([]byte{1, 0, 0x41, 0, 0x0b}, len(m.Table))
		for _, f := range m.Table {
			elems = U(elems, int(f))
		}
		sections[9] = elems
	}
	globals := U(nil, len(m.Globals))
	for _, g := range m.Globals {
		globals = append(S(append(globals, I32, 1, 0x41), int64(g)), 0x0b)
	}
	sections[6] = globals
	data := U(nil, len(m.Data))
	for at, text := range m.Data {
		data = Text(append(S(append(data, 0, 0x41), int64(at)), 0x0b), text)
	}
	sections[11] = data
	for id, body := range m.Extra {
		sections[id] = body
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, id := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11} {
		if body := sections[id]; len(body) > 0 {
			out = Text(append(out, id), string(body))
		}
	}
	return out
}

// U appends an unsigned number.
func U(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

// S appends a signed number.
func S(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

// Text appends a text behind its length.
func Text(b []byte, s string) []byte { return append(U(b, len(s)), s...) }

// Code joins instructions: a byte or int is an opcode, a []byte is appended as it is.
func Code(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case []byte:
			b = append(b, p...)
		case string:
			b = append(b, p...)
		}
	}
	return b
}

// Const is i32.const.
func Const(n int) []byte { return S([]byte{0x41}, int64(n)) }

// Const64 is i64.const.
func Const64(n int64) []byte { return S([]byte{0x42}, n) }

// Get is local.get.
func Get(n int) []byte { return U([]byte{0x20}, n) }

// Set is local.set.
func Set(n int) []byte { return U([]byte{0x21}, n) }

// Call is call.
func Call(n int) []byte { return U([]byte{0x10}, n) }
