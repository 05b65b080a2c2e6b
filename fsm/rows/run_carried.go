package rows

import (
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/history"
)

// CarriedMark is the first byte of a row of Carried: no event has that type.
const CarriedMark = 0xff

// Carried stands for the signals that a run took over: CarriedMark, the time (8 bytes), then
// serial, first seq and count of each stretch as uvarints.
type Carried struct {
	At   history.Time
	List []Stretch
}

// Stretch is some events of one history that follow each other, as they are stored there. In a
// carried row, and in a whole history, stretches rise.
type Stretch struct{ Serial, First, Count uint64 }

// CarriedUse is what a run took over.
type CarriedUse struct {
	From  history.RunID `cbor:"1,keyasint,omitzero"`  // the run that it continues, which is deleted before it
	Ends  []uint64      `cbor:"2,keyasint,omitempty"` // seqs of the rows that stand for signals
	Count uint64        `cbor:"3,keyasint,omitempty"` // signals
	Bytes uint64        `cbor:"4,keyasint,omitempty"` // of them, as they are stored
}

// End is the seq after the last one.
func (s Stretch) End() uint64 { return s.First + s.Count }

// Before reports whether s begins before o.
func (s Stretch) Before(o Stretch) bool {
	return s.Serial < o.Serial || s.Serial == o.Serial && s.First < o.First
}

// Add appends a stretch, which may go on where the last one ended.
func (c *Carried) Add(s Stretch) {
	if n := len(c.List); n > 0 && c.List[n-1].Serial == s.Serial && c.List[n-1].End() == s.First {
		c.List[n-1].Count += s.Count
	} else if s.Count > 0 {
		c.List = append(c.List, s)
	}
}

// Count is how many signals the row stands for.
func (c *Carried) Count() uint64 { return events(c.List) }

// events counts what stretches hold.
func events(list []Stretch) (n uint64) {
	for _, s := range list {
		n += s.Count
	}
	return n
}

// Encode writes the row.
func (c *Carried) Encode() []byte {
	b := AppendU64(append(make([]byte, 0, 9+10*len(c.List)), CarriedMark), uint64(c.At))
	for _, s := range c.List {
		b = binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(b, s.Serial), s.First), s.Count)
	}
	return b
}

// DecodeCarried reads a row.
func DecodeCarried(b []byte) (c Carried, err error) {
	if len(b) < 9 || b[0] != CarriedMark {
		return c, fmt.Errorf("%d bytes are no row of carried signals", len(b))
	}
	c.At, b = history.Time(U64(b[1:])), b[9:]
	for len(b) > 0 {
		var f [3]uint64
		for i := range f {
			n, w := binary.Uvarint(b)
			if w <= 0 {
				return c, fmt.Errorf("row of carried signals ends within stretch %d", len(c.List))
			}
			f[i], b = n, b[w:]
		}
		c.List = append(c.List, Stretch{f[0], f[1], f[2]})
	}
	return c, nil
}
