package meter

// Weights of docs/GUEST.md.
const (
	callWeight = 16
	pageCost   = 1000
	bulkShift  = 3 // 8 bytes a unit
)

// emit returns the function with its edits. A function that calls others weighs while it is under
// way: its code stands in a block of its own, behind which the weight is taken back, and what would
// return leaves that block.
func (f *function) emit() []byte {
	b := make([]byte, 0, len(f.b)*3/2+64)
	b = f.declare(b)
	weight := int64(callWeight + f.locals + uint64(len(f.b))/uint64(f.m.weight))
	if f.calls {
		b = f.add(b, f.m.depth(), weight)
		b = append(b, 0x23)
		b = uleb(b, f.m.depth())
		b = sleb(append(b, 0x42), MaxDepth)
		b = f.ask(append(b, 0x55), TooDeep) // gt_s
		b = sleb(append(b, 0x02), f.blockType())
	}
	at := f.begin
	for _, e := range f.edits {
		b = append(b, f.b[at:e.at]...)
		at = e.at + e.skip
		b = f.apply(b, e)
	}
	b = append(b, f.b[at:]...)
	if f.calls {
		b = append(f.add(b, f.m.depth(), -weight), 0x0b)
	}
	return b
}

// declare copies the locals, with those that edits need.
func (f *function) declare(b []byte) []byte {
	r := &reader{b: f.b}
	n := uint64(r.u32())
	more := 0
	for _, needed := range f.temps {
		if needed {
			more++
		}
	}
	b = append(uleb(b, n+uint64(more)), f.b[r.p:f.begin]...)
	for i, t := range []byte{i32, f32, f64} {
		if f.temps[i] {
			b = append(b, 1, t)
		}
	}
	return b
}

// temp returns the number of a local that edits need.
func (f *function) temp(which int) uint64 {
	n := f.locals
	for _, needed := range f.temps[:which] {
		if needed {
			n++
		}
	}
	return n
}

// blockType returns the type of a block that leaves what the function returns.
func (f *function) blockType() int64 {
	results := f.signature.results
	switch len(results) {
	case 0:
		return -0x40
	case 1:
		return int64(results[0]) - 0x80
	}
	s := signature{results: results}
	for i, t := range f.m.added {
		if t == s {
			return int64(len(f.m.types) + 1 + i)
		}
	}
	f.m.added = append(f.m.added, s)
	return int64(len(f.m.types) + len(f.m.added))
}

// add adds a constant to a counter.
func (f *function) add(b []byte, counter uint64, n int64) []byte {
	b = uleb(append(b, 0x23), counter)
	b = append(sleb(append(b, 0x42), n), 0x7c)
	return uleb(append(b, 0x24), counter)
}

// ask calls the counters' import if the number on the stack is not 0.
func (f *function) ask(b []byte, why int64) []byte {
	b = sleb(append(b, 0x04, 0x40, 0x41), why)
	return append(uleb(append(b, 0x10), uint64(len(f.m.imports))), 0x0b)
}

// askFuel calls the import if the fuel is used up.
func (f *function) askFuel(b []byte) []byte {
	b = uleb(append(b, 0x23), f.m.fuel())
	return f.ask(append(b, 0x42, 0, 0x53), NoFuel) // lt_s
}

func (f *function) apply(b []byte, e edit) []byte {
	switch e.kind {
	case charge:
		if e.n > 0 {
			b = f.add(b, f.m.fuel(), -int64(e.n))
		}
		if e.ask {
			b = f.askFuel(b)
		}
	case number:
		b = uleb(b, e.n)
	case leave:
		if !f.calls {
			return append(b, 0x0f)
		}
		b = uleb(append(b, 0x0c), e.n)
	case nan32:
		b = f.canonical(b, f.temp(1), 0x5b, 0x43, 0, 0, 0xc0, 0x7f)
	case nan64:
		b = f.canonical(b, f.temp(2), 0x61, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f)
	case bulk:
		b = f.charged(b, 0x42, bulkShift, 0x88) // shr_u
	case grow:
		b = f.charged(b, 0x42, pageCost, 0x7e) // mul
		b = append(b, 0x40, 0, 0x21)
		t := f.temp(0)
		b = uleb(append(uleb(b, t), 0x20), t)
		b = f.ask(append(b, 0x41, 0x7f, 0x46), NoMemory) // eq -1
		b = uleb(append(b, 0x20), t)
	}
	return b
}

// canonical replaces a value that is not equal to itself.
func (f *function) canonical(b []byte, t uint64, equal byte, nan ...byte) []byte {
	b = uleb(append(b, 0x22), t) // tee
	b = append(b, nan...)
	b = uleb(append(b, 0x20), t)
	b = uleb(append(b, 0x20), t)
	return append(b, equal, 0x1b) // select
}

// charged uses as many units as an operation makes of the i32 on the stack, which stays there.
func (f *function) charged(b []byte, constant byte, operand int64, op byte) []byte {
	t := f.temp(0)
	b = uleb(append(b, 0x22), t)
	b = uleb(append(b, 0x23), f.m.fuel())
	b = append(uleb(append(b, 0x20), t), 0xad) // extend_i32_u
	b = append(sleb(append(b, constant), operand), op, 0x7d)
	b = uleb(append(b, 0x24), f.m.fuel())
	return f.askFuel(b)
}
