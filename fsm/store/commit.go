package store

import (
	"crypto/sha256"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Digest is the running digest after the entry: the SHA-256 of the digest before it, its index, its
// log time and all rows that it changed, family by family and within each in the order in which it
// changed them. Two nodes with equal digests at an index have made the same changes up to it,
// whatever they restored from in between.
func (o *Overlay) Digest(before catalog.Digest, m *rows.Meta) (d catalog.Digest) {
	h := sha256.New()
	h.Write(before[:])
	h.Write(rows.AppendU64(rows.AppendU64(nil, m.Index), uint64(m.Now)))
	for family := range rows.Families {
		h.Write(o.changes[family])
	}
	h.Sum(d[:0])
	return d
}

// Commit adds the changes, and where the state stands then, which the digest does not cover, to
// what the database gets as a whole.
func (o *Overlay) Commit(m rows.Meta) error {
	if o.mirror != nil {
		o.Fail(o.mirror.Close())
	}
	if o.err == nil {
		o.Fail(o.db.backlog.add(o, rows.Encoded(&m)))
	}
	if o.err == nil {
		o.Fail(o.db.note(o, m.Index))
	}
	if o.err == nil {
		o.Fail(o.db.flushRanges(o.ranges))
	}
	return o.err
}
