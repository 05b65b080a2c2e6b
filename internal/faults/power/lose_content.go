//go:build linux

package power

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// content is the unsynced writes of a file.
type content struct {
	file   uint64
	writes []record
}

// lose undoes all or some of the writes.
func (c *content) lose(dir string, how Loss, r *rand.Rand, lost *Lost) error {
	f, err := os.OpenFile(filepath.Join(dir, keptFile(c.file)), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lost.Writes += len(c.writes)
	what := r.IntN(4)
	if how.All {
		what = 0
	}
	switch what {
	case 0:
		lost.WritesLost += len(c.writes)
		return undo(f, c.writes)
	case 1:
		return nil
	case 2:
		k := r.IntN(len(c.writes))
		lost.WritesLost += len(c.writes) - k
		return tear(f, c.writes[k:], r)
	default:
		lost.WritesLost += len(c.writes)
		return scatter(f, c.writes, r)
	}
}

// undo reverts writes, the last one first.
func undo(f *os.File, writes []record) error {
	for i := len(writes) - 1; i >= 0; i-- {
		w := writes[i]
		old := w.Old
		if had := min(w.At+w.Len, w.Size) - w.At; old == nil && had > 0 {
			old = make([]byte, had)
		}
		if len(old) > 0 {
			if _, err := f.WriteAt(old, w.At); err != nil {
				return err
			}
		}
	}
	return f.Truncate(writes[0].Size)
}

// tear reverts writes except for the first sectors of the first one.
func tear(f *os.File, writes []record, r *rand.Rand) error {
	first := writes[0]
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	end := sectorEnd(first.At+r.Int64N(first.Len+1), first.At+first.Len)
	kept := make([]byte, max(0, min(end, size)-first.At))
	if _, err := f.ReadAt(kept, first.At); err != nil && err != io.EOF {
		return err
	}
	if err := undo(f, writes); err != nil || len(kept) == 0 {
		return err
	}
	_, err = f.WriteAt(kept, first.At)
	return err
}

const sector = 512

// sectorEnd returns the first end of a sector at or after at, but not after end.
func sectorEnd(at, end int64) int64 { return min((at+sector-1)/sector*sector, end) }

// scatter keeps each written sector or page with the same probability. Where the file has grown,
// lost sectors become zeros, and the file may end anywhere after the last kept one.
func scatter(f *os.File, writes []record, r *rand.Rand) error {
	unit := int64(sector)
	if r.IntN(2) == 0 {
		unit = 4096
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size, base := info.Size(), writes[0].Size
	type part struct {
		at   int64
		data []byte
	}
	var kept []part
	chance := r.Float64()
	chosen := map[int64]bool{}
	end := base
	for _, w := range writes {
		for at := w.At / unit * unit; at < min(w.At+w.Len, size); at += unit {
			if chosen[at] {
				continue
			}
			chosen[at] = true
			if r.Float64() >= chance {
				continue
			}
			b := make([]byte, min(unit, size-at))
			if _, err := f.ReadAt(b, at); err != nil && err != io.EOF {
				return err
			}
			kept = append(kept, part{at, b})
			end = max(end, at+int64(len(b)))
		}
	}
	if err := undo(f, writes); err != nil {
		return err
	}
	if size > end && r.IntN(2) == 0 {
		end += r.Int64N(size - end + 1)
	}
	if err := f.Truncate(end); err != nil {
		return err
	}
	for _, p := range kept {
		if _, err := f.WriteAt(p.data, p.at); err != nil {
			return err
		}
	}
	return nil
}
