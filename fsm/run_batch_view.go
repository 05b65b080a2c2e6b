package fsm

import (
	"cmp"
	"slices"

	"aion.dev/aion/fsm/rows"
)

// Batch implements View.
func (p *picture) Batch(id string) (b rows.Batch, ok bool) {
	if !p.row(p.Get(rows.BatchKey(id)), &b) || p.space != nil && b.Space != *p.space {
		return rows.Batch{}, false
	}
	return b, true
}

// Batches implements View.
func (p *picture) Batches(before string, limit int) (list []rows.Batch) {
	first, end := rows.BatchKey(""), rows.After(rows.BatchKey(""))
	if before != "" {
		end = rows.BatchKey(before)
	}
	p.ScanBack(first, end, func(_, v []byte) bool {
		var b rows.Batch
		if !p.row(v, &b) {
			return false
		}
		if p.space == nil || b.Space == *p.space {
			list = append(list, b)
		}
		return len(list) < pageSize(limit)
	})
	return list
}

// BatchFailures implements View.
func (p *picture) BatchFailures(id string, from uint64, limit int) (list []rows.BatchFailure) {
	p.Scan(rows.BatchFailureKey(id, from), rows.After(rows.BatchFailurePrefix(id)), func(_, v []byte) bool {
		var f rows.BatchFailure
		if !p.row(v, &f) {
			return false
		}
		list = append(list, f)
		return len(list) < pageSize(limit)
	})
	return list
}

// RunningBatches implements View.
func (p *picture) RunningBatches() []string { return p.batches }

// BatchNext implements View.
func (p *picture) BatchNext(b rows.Batch, below uint64, limit int) (next []BatchAct, to uint64, end bool) {
	in, scope := p.In(b.Space).(*picture), scopeOfBatch(&b)
	end = true
	for _, status := range b.Spec.Op.Takes() {
		f, ok := RunFilter{Status: status, Where: b.Spec.Where}.bounded()
		if !ok {
			continue
		}
		mine, steps := 0, maxSteps
		at, more := in.walk(&f, below, &steps, func(serial uint64, read func() *row) bool {
			if mine == limit {
				return false
			}
			if r := read(); r != nil && f.passes(&r.Run) && reaches(&b, scope, &r.Run) {
				next = append(next, BatchAct{Serial: serial, RunID: r.Run.RunID})
				mine++
			}
			return true
		})
		if more {
			to, end = max(to, at), false
		}
	}
	// Above to the runs of all statuses are known.
	next = slices.DeleteFunc(next, func(a BatchAct) bool { return a.Serial < to })
	slices.SortFunc(next, func(a, b BatchAct) int { return cmp.Compare(b.Serial, a.Serial) })
	if len(next) > limit {
		next, end = next[:limit], false
		to = next[limit-1].Serial
	}
	return next, to, end
}
