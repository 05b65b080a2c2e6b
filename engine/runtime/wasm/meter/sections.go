package meter

import (
	"fmt"
	"strings"
)

// Value types.
const (
	i32       = 0x7f
	i64       = 0x7e
	f32       = 0x7d
	f64       = 0x7c
	funcref   = 0x70
	externref = 0x6f
)

// section reads a section, and returns it with the numbers of functions that it has from now on:
// the counters' import stands behind the module's own, so the functions of the module move by one.
func (m *module) section(id byte, r *reader) []byte {
	switch id {
	case 1:
		m.readTypes(r)
		return r.b
	case 2:
		m.readImports(r)
		return r.b
	case 3:
		for range r.count("functions", maxFunctions) {
			m.functions = append(m.functions, m.typeIndex(r))
		}
		return r.b
	case 4:
		m.readTables(r)
		return r.b
	case 5:
		m.readMemories(r)
		return r.b
	case 6:
		return m.readGlobals(r)
	case 7:
		return m.readExports(r)
	case 9:
		return m.readElements(r)
	case 10:
		return m.readCode(r)
	case 11:
		m.readData(r)
		return r.b
	}
	r.u32() // how many data segments there are: nothing that is allowed needs it
	return nil
}

func (m *module) typeIndex(r *reader) uint32 {
	i := r.u32()
	if r.err == nil && i >= uint32(len(m.types)) {
		r.fail("there is no type %d", i)
	}
	return i
}

func valueType(r *reader) byte {
	switch t := r.byte(); t {
	case i32, i64, f32, f64, funcref, externref:
		return t
	default:
		r.fail("type 0x%x is not supported", t)
		return i32
	}
}

func valueTypes(r *reader) string {
	var b strings.Builder
	for range r.count("parameters or results", maxResults) {
		b.WriteByte(valueType(r))
	}
	return b.String()
}

func (m *module) readTypes(r *reader) {
	for range r.count("types", maxTypes) {
		if r.byte() != 0x60 {
			r.fail("a type is no function type")
			return
		}
		m.types = append(m.types, signature{valueTypes(r), valueTypes(r)})
	}
}

func (m *module) readImports(r *reader) {
	for range r.count("imports", maxExports) {
		i := Imported{Module: r.name(), Name: r.name()}
		if kind := r.byte(); r.err == nil && kind != 0 {
			r.fail("the module imports %q from %q, which is no function", clip(i.Name), clip(i.Module))
		}
		t := m.typeIndex(r)
		if r.err != nil {
			return
		}
		if i.Module == Module && i.Name == Import {
			r.fail("the module imports %s.%s, which is only for counters", Module, Import)
			return
		}
		i.Params, i.Results = m.types[t].params, m.types[t].results
		m.imports = append(m.imports, i)
	}
}

// limits reads the limits of a table or a memory.
func limits(r *reader, most uint32) (least uint32) {
	flags := r.byte()
	if r.err == nil && flags > 1 {
		r.fail("memories that are shared or have 64 bits are not supported")
	}
	if least = r.u32(); r.err == nil && least > most {
		r.fail("it begins with %d entries or pages; the limit is %d", least, most)
	}
	if flags == 1 {
		r.u32()
	}
	return least
}

func (m *module) readTables(r *reader) {
	m.tables = r.count("tables", maxTables)
	for range m.tables {
		if t := r.byte(); r.err == nil && t != funcref && t != externref {
			r.fail("type 0x%x is not supported", t)
		}
		limits(r, maxTable)
	}
}

func (m *module) readMemories(r *reader) {
	if m.memories = r.count("memories", 1); m.memories == 1 {
		m.pages = limits(r, MaxPages)
	}
}

// function reads the number of a function, and returns the one that it has from now on.
func (m *module) function(r *reader) uint32 {
	f := r.u32()
	if r.err == nil && int(f) >= len(m.imports)+len(m.functions) {
		r.fail("there is no function %d", f)
	}
	return m.moved(f)
}

func (m *module) moved(f uint32) uint32 {
	if int(f) < len(m.imports) {
		return f
	}
	return f + 1
}

// constant reads a constant expression, and appends it to b.
func (m *module) constant(b []byte, r *reader) []byte {
	at := r.p
	op := r.byte()
	switch op {
	case 0x41:
		r.signed(32)
	case 0x42:
		r.signed(64)
	case 0x43:
		r.bytes(4)
	case 0x44:
		r.bytes(8)
	case 0xd0:
		valueType(r)
	case 0xd2:
		b = uleb(append(b, op), uint64(m.function(r)))
		at = r.p
	default:
		r.fail("a constant is computed by instruction 0x%x, which is not supported", op)
	}
	if r.byte() != 0x0b {
		r.fail("a constant has more than one instruction")
	}
	if r.err != nil {
		return b
	}
	return append(b, r.b[at:r.p]...)
}

func (m *module) readGlobals(r *reader) []byte {
	n := r.count("globals", maxGlobals)
	b := uleb(nil, uint64(n)+2)
	for range n {
		g := global{kind: valueType(r)}
		flag := r.byte()
		if g.mutable = flag == 1; r.err == nil && (flag > 1 || g.mutable && (g.kind == funcref || g.kind == externref)) {
			r.fail("a mutable global is a reference, which is not supported")
		}
		m.globals = append(m.globals, g)
		b = m.constant(append(b, g.kind, flag), r)
	}
	return b
}

func (m *module) readExports(r *reader) []byte {
	n := r.count("exports", maxExports)
	var b []byte
	for range n {
		e := Exported{Name: r.name(), Kind: r.byte()}
		b = append(text(b, e.Name), e.Kind)
		switch e.Kind {
		case 0:
			at := r.u32()
			if r.err == nil && int(at) >= len(m.imports)+len(m.functions) {
				r.fail("there is no function %d", at)
			}
			if r.err != nil {
				return nil
			}
			s := m.signatureOf(at)
			e.Params, e.Results = s.params, s.results
			b = uleb(b, uint64(m.moved(at)))
		case 3:
			at := r.u32()
			if r.err == nil && int(at) >= len(m.globals) {
				r.fail("there is no global %d", at)
			}
			b = uleb(b, uint64(at))
		case 1, 2:
			b = uleb(b, uint64(r.u32()))
		default:
			r.fail("%q is exported with kind %d, which is not supported", clip(e.Name), e.Kind)
		}
		if strings.HasPrefix(e.Name, "aion_") && e.Name != "aion_enter" {
			r.fail("the module exports %q; names that begin with aion_ are the room's", clip(e.Name))
		}
		m.exports = append(m.exports, e)
	}
	return b
}

func (m *module) signatureOf(f uint32) signature {
	if int(f) < len(m.imports) {
		i := m.imports[f]
		return signature{i.Params, i.Results}
	}
	return m.types[m.functions[int(f)-len(m.imports)]]
}

// readElements reads segments that fill tables when an instance is made, and declarations.
func (m *module) readElements(r *reader) []byte {
	n := r.count("element segments", maxSegments)
	b := uleb(nil, uint64(n))
	for range n {
		flags := r.u32()
		if r.err == nil && (flags > 7 || flags&3 == 1) {
			r.fail("element segments that are passive are not supported")
		}
		b = uleb(b, uint64(flags))
		if flags&3 == 2 {
			b = uleb(b, uint64(m.table(r)))
		}
		if flags&1 == 0 {
			b = m.constant(b, r)
		}
		if flags&3 != 0 {
			b = append(b, r.byte()) // kind or type
		}
		k := r.count("elements", maxTable)
		b = uleb(b, uint64(k))
		for range k {
			if flags&4 != 0 {
				b = m.constant(b, r)
			} else {
				b = uleb(b, uint64(m.function(r)))
			}
		}
	}
	return b
}

func (m *module) table(r *reader) uint32 {
	t := r.u32()
	if r.err == nil && int(t) >= m.tables {
		r.fail("there is no table %d", t)
	}
	return t
}

func (m *module) readData(r *reader) {
	for range r.count("data segments", maxSegments) {
		flags := r.u32()
		if r.err == nil && flags != 0 {
			r.fail("data segments that are passive are not supported")
		}
		if op := r.byte(); r.err == nil && op != 0x41 {
			r.fail("a data segment lies at a place that is computed, which is not supported")
		}
		at := uint32(r.signed(32))
		if r.byte() != 0x0b {
			r.fail("a data segment lies at a place that is computed, which is not supported")
		}
		m.data = append(m.data, Data{At: at, Bytes: r.bytes(r.u32())})
	}
}

func clip(s string) string {
	if len(s) > 100 {
		s = s[:100]
	}
	return strings.ToValidUTF8(s, "?")
}

// typesOf returns the section of types with those that counters need.
func (m *module) typesOf(body []byte) []byte {
	r := &reader{b: body}
	n := 0
	if len(body) > 0 {
		n = int(r.u32())
	}
	b := append(uleb(nil, uint64(n+1+len(m.added))), body[r.p:]...)
	b = append(b, 0x60, 1, i32, 0)
	for _, s := range m.added {
		b = text(text(append(b, 0x60), s.params), s.results)
	}
	return b
}

// importsOf returns the section of imports with that of the counters.
func (m *module) importsOf(body []byte) []byte {
	r := &reader{b: body}
	if len(body) > 0 {
		r.u32()
	}
	b := append(uleb(nil, uint64(len(m.imports)+1)), body[r.p:]...)
	return uleb(append(text(text(b, Module), Import), 0), uint64(len(m.types)))
}

// countersOf returns the section of globals with the counters.
func (m *module) countersOf(body []byte) []byte {
	if body == nil {
		body = []byte{2}
	}
	return append(body, i64, 1, 0x42, 0, 0x0b, i64, 1, 0x42, 0, 0x0b)
}

func (m *module) fuel() uint64  { return uint64(len(m.globals)) }
func (m *module) depth() uint64 { return uint64(len(m.globals)) + 1 }

// exportsOf returns the section of exports with the counters and the mutable globals.
func (m *module) exportsOf(body []byte, saved *int) []byte {
	b := uleb(append(text(nil, Fuel), 3), m.fuel())
	b = uleb(append(text(b, Depth), 3), m.depth())
	for i, g := range m.globals {
		if g.mutable {
			b = uleb(append(text(b, fmt.Sprintf("%s%d", Saved, *saved)), 3), uint64(i))
			*saved++
		}
	}
	return append(uleb(nil, uint64(len(m.exports)+2+*saved)), append(b, body...)...)
}
