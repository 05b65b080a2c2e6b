package catalog

import "cmp"

// Limits bounds what Open reads. A zero field means its default.
type Limits struct {
	MaxArchiveBytes  int64 // of the archive itself; default 64 MiB
	MaxInflatedBytes int64 // of all its files together, counted while inflating; default 256 MiB
	MaxEntries       int   // files; default 10,000
	MaxNameBytes     int   // of one file name; default and at most 255
}

// DefaultLimits returns the limits of a node without a configured limit.
func DefaultLimits() Limits {
	return Limits{MaxArchiveBytes: 64 << 20, MaxInflatedBytes: 256 << 20, MaxEntries: 10_000, MaxNameBytes: MaxNameBytes}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		MaxArchiveBytes:  cmp.Or(l.MaxArchiveBytes, d.MaxArchiveBytes),
		MaxInflatedBytes: cmp.Or(l.MaxInflatedBytes, d.MaxInflatedBytes),
		MaxEntries:       cmp.Or(l.MaxEntries, d.MaxEntries),
		MaxNameBytes:     cmp.Or(l.MaxNameBytes, d.MaxNameBytes),
	}
}
