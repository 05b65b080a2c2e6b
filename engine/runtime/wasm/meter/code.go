package meter

// kind says what is written in place of, or before, what a function has.
type kind uint8

const (
	charge kind = iota // n units are used from here on; ask says whether that is looked at here
	number             // the number n in place of the original
	leave              // a branch to the end of the function, n blocks further out, in place of return
	nan32              // the value on the stack gets the bits of the one NaN
	nan64
	bulk // as many bytes as the number on the stack says are moved
	grow // the memory grows
)

// edit is one change of a function's code.
type edit struct {
	at, skip int // offset, and bytes of the original that are left out
	kind     kind
	n        uint64
	ask      bool
}

// function is what one function's code needs.
type function struct {
	*reader
	m         *module
	signature signature
	locals    uint64 // with parameters
	begin     int    // offset of the first instruction
	nesting   int
	edits     []edit
	stretch   int // number of the edit that charges for the stretch being read
	calls     bool
	temps     [3]bool // locals of type i32, f32, f64 that edits need
}

// readCode rewrites the code of all functions.
func (m *module) readCode(r *reader) []byte {
	n := r.count("functions", maxFunctions)
	if r.err == nil && n != len(m.functions) {
		r.fail("the module declares %d functions, and has the code of %d", len(m.functions), n)
		return nil
	}
	b := uleb(make([]byte, 0, len(r.b)*3/2), uint64(n))
	for i := range n {
		size := r.u32()
		if size > maxBody {
			r.fail("a function has %d bytes of code; the limit is %d", size, maxBody)
		}
		f := &function{reader: r.sub(size), m: m, signature: m.types[m.functions[i]]}
		f.read()
		if r.err = f.err; r.err != nil {
			return nil
		}
		body := f.emit()
		b = append(uleb(b, uint64(len(body))), body...)
	}
	return b
}

// read finds the edits of a function.
func (f *function) read() {
	f.locals = uint64(len(f.signature.params))
	for range f.count("groups of locals", maxLocals) {
		f.locals += uint64(f.u32())
		valueType(f.reader)
		if f.locals > maxLocals {
			f.fail("a function has more than %d parameters and locals", maxLocals)
			return
		}
	}
	f.begin = f.p
	f.cut(true)
	for f.err == nil {
		op := f.byte()
		if op == 0x0b {
			if f.nesting--; f.nesting < 0 {
				break
			}
			f.cut(false)
			continue
		}
		if op != 0x01 && op != 0x02 && op != 0x03 {
			f.cost()
		}
		f.instruction(op)
	}
	if f.err == nil && f.p < len(f.b) {
		f.fail("a function goes on after its end")
	}
}

// cut begins a stretch of code that is run as a whole.
func (f *function) cut(ask bool) {
	if last := len(f.edits) - 1; last >= 0 && f.edits[last].kind == charge && f.edits[last].at == f.p && f.edits[last].n == 0 {
		f.edits[last].ask = f.edits[last].ask || ask
		return
	}
	f.stretch = len(f.edits)
	f.edits = append(f.edits, edit{at: f.p, kind: charge, ask: ask})
}

// cost adds one unit to the stretch.
func (f *function) cost() { f.edits[f.stretch].n++ }

// after notes a change behind the instruction that was just read.
func (f *function) after(k kind) {
	switch k {
	case nan32:
		f.temps[1] = true
	case nan64:
		f.temps[2] = true
	}
	f.edits = append(f.edits, edit{at: f.p, kind: k})
}

// renumber reads the number of a function that is to be written anew.
func (f *function) renumber() {
	at := f.p
	n := f.m.function(f.reader)
	f.edits = append(f.edits, edit{at: at, skip: f.p - at, kind: number, n: uint64(n)})
}

// label reads the number of a block to branch to.
func (f *function) label() {
	if n := f.u32(); f.err == nil && int64(n) > int64(f.nesting) {
		f.fail("a branch goes %d blocks out of %d", n, f.nesting)
	}
}

func (f *function) local() {
	if n := f.u32(); f.err == nil && uint64(n) >= f.locals {
		f.fail("there is no local %d", n)
	}
}

func (f *function) global() {
	if n := f.u32(); f.err == nil && uint64(n) >= uint64(len(f.m.globals)) {
		f.fail("there is no global %d", n)
	}
}

// zero reads the number of the only memory.
func (f *function) zero() {
	if f.byte() != 0 {
		f.fail("there is only one memory")
	}
}

// block reads the type of a block, and goes into it.
func (f *function) block() {
	if f.err == nil && f.p < len(f.b) && f.b[f.p]&0xc0 == 0x40 { // one byte: nothing, or a value type
		if f.b[f.p] == 0x40 {
			f.byte()
		} else {
			valueType(f.reader)
		}
	} else if t := f.signed(33); f.err == nil && (t < 0 || t >= int64(len(f.m.types))) {
		f.fail("there is no type %d", t)
	}
	if f.nesting++; f.nesting > maxNesting {
		f.fail("more than %d blocks are within each other", maxNesting)
	}
}

// instruction reads what follows an opcode.
func (f *function) instruction(op byte) {
	switch {
	case op == 0x02: // block
		f.block()
	case op == 0x03: // loop
		f.block()
		f.cut(true)
	case op == 0x04: // if
		f.block()
		f.cut(false)
	case op == 0x05: // else
		if f.nesting == 0 {
			f.fail("an else stands without if")
		}
		f.cut(false)
	case op == 0x00: // unreachable
		f.cut(false)
	case op == 0x0c, op == 0x0d: // br, br_if
		f.label()
		f.cut(false)
	case op == 0x0e: // br_table
		for n := f.count("labels", maxBody); n >= 0; n-- {
			f.label()
		}
		f.cut(false)
	case op == 0x0f: // return
		f.edits = append(f.edits, edit{at: f.p - 1, skip: 1, kind: leave, n: uint64(f.nesting)})
		f.cut(false)
	case op == 0x10: // call
		f.calls = true
		f.renumber()
	case op == 0x11: // call_indirect
		f.calls = true
		f.m.typeIndex(f.reader)
		f.m.table(f.reader)
	case op == 0x1c: // select of a type
		for range f.count("types", maxResults) {
			valueType(f.reader)
		}
	case op >= 0x20 && op <= 0x22: // local.get, set, tee
		f.local()
	case op == 0x23, op == 0x24: // global.get, set
		f.global()
	case op == 0x25: // table.get
		f.m.table(f.reader)
	case op == 0x26:
		f.fail("table.set is not supported: nothing may change a table")
	case op >= 0x28 && op <= 0x3e: // loads and stores
		if align := f.u32(); f.err == nil && align > 31 {
			f.fail("there is only one memory")
		}
		f.u32()
	case op == 0x3f: // memory.size
		f.zero()
	case op == 0x40: // memory.grow
		f.edits = append(f.edits, edit{at: f.p - 1, skip: 2, kind: grow})
		f.temps[0] = true
		f.zero()
	case op == 0x41:
		f.signed(32)
	case op == 0x42:
		f.signed(64)
	case op == 0x43:
		f.bytes(4)
	case op == 0x44:
		f.bytes(8)
	case op >= 0x8d && op <= 0x97 || op == 0xb6: // arithmetic of f32 that can make a NaN
		f.after(nan32)
	case op >= 0x9b && op <= 0xa5 || op == 0xbb: // and of f64
		f.after(nan64)
	case op == 0xd0: // ref.null
		valueType(f.reader)
	case op == 0xd2: // ref.func
		f.renumber()
	case op == 0xfc:
		f.extended()
	case op == 0x01, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4, op == 0xd1:
	default:
		f.fail("instruction 0x%x is not supported", op)
	}
}

// extended reads instructions that begin with 0xfc.
func (f *function) extended() {
	at := f.p - 1
	switch sub := f.u32(); sub {
	case 0, 1, 2, 3, 4, 5, 6, 7: // conversions that saturate
	case 10, 11: // memory.copy, memory.fill
		f.edits = append(f.edits, edit{at: at, kind: bulk})
		f.temps[0] = true
		f.zero()
		if sub == 10 {
			f.zero()
		}
	case 16: // table.size
		f.m.table(f.reader)
	case 8, 9, 12, 13, 14, 15, 17:
		f.fail("instruction 0xfc %d is not supported: nothing may change a table, or use a passive segment", sub)
	default:
		f.fail("instruction 0xfc %d is not supported", sub)
	}
}
