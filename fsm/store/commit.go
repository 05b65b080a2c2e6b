package store

import (
	"crypto/sha256"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
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

// Commit writes the changes and where the state stands then, which the digest does not cover, as
// one batch.
func (o *Overlay) Commit(m rows.Meta) error {
	batch := o.db.db.NewBatch()
	defer batch.Close()
	o.write(batch)
	o.Fail(batch.Set(rows.Key(rows.FamilyMeta), rows.Encoded(&m), nil))
	if o.mirror != nil {
		o.Fail(o.mirror.Close())
	}
	if o.err == nil {
		o.Fail(batch.Commit(pebble.NoSync))
	}
	if o.err == nil {
		o.Fail(o.db.note(o, m.Index))
	}
	if o.err == nil {
		o.Fail(o.db.flushRanges(o.ranges))
	}
	return o.err
}

// once are the families whose keys are not written again before they are deleted. Pebble lets such
// a pair vanish together, so that a short-lived row leaves no mark behind.
var once = [rows.Families]bool{rows.FamilyPin: true, rows.FamilyReady: true, rows.FamilyByStatus: true, rows.FamilyAttribute: true, rows.FamilyOrdered: true, rows.FamilyTimer: true, rows.FamilyOffer: true, rows.FamilyForget: true, rows.FamilyLine: true}

// write fills the batch. It goes by family: the keys of a family mostly rise, and inserting
// neighbours is twice as fast as jumping about.
func (o *Overlay) write(b *pebble.Batch) {
	for family := range rows.Families {
		if len(o.changes[family]) == 0 {
			continue
		}
		nets, at := o.nets(family), -1
		o.each(family, 0, func(op byte, key, value []byte) error {
			o.db.progress.Add(1)
			at++
			switch net, ok := nets[string(key)]; {
			case !ok:
			case at < net.at, once[family] && net.first == opSet && op == opDelete: // there was none before the entry
				return nil
			case once[family] && net.first == opDelete && op == opSet:
				if err := b.SingleDelete(key, nil); err != nil {
					return err
				}
			}
			switch {
			case op == opSet:
				return b.Set(key, value, nil)
			case op == opRange:
				return b.DeleteRange(key, value, nil)
			case once[family]:
				return b.SingleDelete(key, nil)
			}
			return b.Delete(key, nil)
		})
	}
}
