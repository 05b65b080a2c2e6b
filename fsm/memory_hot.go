package fsm

// hot keeps rows decoded that many commands of many entries change: each is read once, and written
// once an entry. It changes how fast Apply is, never what it does. Only Apply's goroutine touches
// it.
type hot[T any] struct {
	rows    map[string]*hotRow[T] // by key
	changed []*hotRow[T]          // by the entry being applied, in order
}

type hotRow[T any] struct {
	value  T
	key    []byte
	stored bool // there is such a row in the database
	stale  bool // changed by the entry being applied
}

// maxHot is how many rows stay in memory between entries.
const maxHot = 10_000

func newHot[T any]() hot[T] { return hot[T]{rows: map[string]*hotRow[T]{}} }

// row returns the row at key, with the zero value when there is none.
func (h *hot[T]) row(t *step, key []byte) *hotRow[T] {
	if r, ok := h.rows[string(key)]; ok {
		return r
	}
	r := &hotRow[T]{key: key}
	r.stored = t.Read(key, &r.value)
	h.rows[string(key)] = r
	return r
}

// touch notes that r changes.
func (h *hot[T]) touch(r *hotRow[T]) *T {
	if !r.stale {
		r.stale = true
		h.changed = append(h.changed, r)
	}
	return &r.value
}

// store writes the rows that changed, at the end of the entry; those that are empty go.
func (h *hot[T]) store(t *step, empty func(*T) bool) {
	for _, r := range h.changed {
		r.stale = false
		switch {
		case !empty(&r.value):
			t.PutRow(r.key, &r.value)
			r.stored = true
		case r.stored:
			t.Del(r.key)
			r.stored = false
		}
	}
	h.changed = h.changed[:0]
}

// trim forgets all rows when they are too many. It runs between entries only.
func (h *hot[T]) trim() {
	if len(h.rows) > maxHot {
		clear(h.rows)
	}
}
