package store

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
)

// backlog is the newest entries, which are committed but not in the database yet. A row that is
// inserted into its memory table alone costs several times what it costs among others, and of rows
// that entries write one after the other only the last counts. Nobody needs most of them there at
// once: what is read just after it was written is in memory anyway.
//
// Who does read the database gets the backlog written first, up to the entry that the reader
// stands at: pictures see what they would see without a backlog, and so do entries. A crash takes
// the backlog away with the memory table, and the log applies it again.
type backlog struct {
	db       *pebble.DB
	progress *atomic.Uint64

	mu       sync.Mutex // guards what follows; held while the backlog is written, which takes a millisecond
	entries  []pending  // oldest first
	newest   map[string][]byte
	rows     int            // of entries, deleted ones too
	bytes    int            // of entries
	written  uint64         // entries that are in the database, since it was opened
	pictures []*pastReader  // without a snapshot of the database, oldest first
	changes  [][]byte       // of write
	families [][]change     // of write
	net      map[string]net // of write
}

// pending is one entry.
type pending struct {
	changes []byte // of all families, in order; no ranges
	meta    []byte
}

// What a backlog may have before the next entry. It is what an entry waits for now and then.
const (
	maxBacklogRows  = 1_000
	maxBacklogBytes = 256 << 10
)

// maxPendingBytes is how much an entry may change to stay in the backlog. A larger one is of many
// commands, whose rows are inserted side by side as it is: a few such entries are a backlog, in
// which hardly any row is written twice.
const maxPendingBytes = 16 << 10

func newBacklog(db *pebble.DB, progress *atomic.Uint64) *backlog {
	return &backlog{db: db, progress: progress, newest: map[string][]byte{}, families: make([][]change, rows.Families), net: map[string]net{}}
}

// add takes over what an entry changed, and where the state stands then.
func (l *backlog) add(o *Overlay, meta []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := 0
	for _, c := range o.changes {
		size += len(c)
	}
	alone := o.ranges > 0 || size > maxPendingBytes
	if alone || l.rows > maxBacklogRows || l.bytes > maxBacklogBytes {
		if err := l.write(l.last()); err != nil {
			return err
		}
	}
	if alone {
		l.photograph()
		if err := l.commit(meta, false, o.changes[:]...); err != nil {
			return err
		}
		l.written++
		return nil
	}
	e := pending{changes: make([]byte, 0, size), meta: meta}
	for _, c := range o.changes {
		e.changes = append(e.changes, c...)
	}
	l.entries = append(l.entries, e)
	l.count(e)
	return nil
}

// count adds the rows of an entry to what Get finds. The caller holds mu.
func (l *backlog) count(e pending) {
	l.bytes += len(e.changes)
	eachChange(e.changes, func(c change) {
		l.rows++
		l.newest[keyOf(c.key)] = c.value
	})
	l.newest[metaKey] = e.meta
}

var metaKey = string(rows.Key(rows.FamilyMeta))

// keyOf is a key of the changes, which stay as they are, as one of a map.
func keyOf(key []byte) string { return unsafe.String(unsafe.SliceData(key), len(key)) }

// last is the number of the newest entry. The caller holds mu.
func (l *backlog) last() uint64 { return l.written + uint64(len(l.entries)) }

// get returns what the backlog knows of a row: its value, nil = it is deleted.
func (l *backlog) get(key []byte) (value []byte, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	value, known = l.newest[string(key)]
	return value, known
}

// flush writes the whole backlog.
func (l *backlog) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(l.last())
}

// write writes the entries up to a number. Pictures of entries before the last of them take their
// snapshots on the way. The caller holds mu.
func (l *backlog) write(to uint64) error {
	if to <= l.written {
		return nil
	}
	done := 0
	defer func() {
		clear(l.changes)
		l.entries = slices.Delete(l.entries, 0, done)
		l.rows, l.bytes = 0, 0
		clear(l.newest)
		for _, e := range l.entries {
			l.count(e)
		}
	}()
	for l.written < to {
		l.photograph()
		end := to
		if len(l.pictures) > 0 {
			end = min(end, l.pictures[0].at)
		}
		group := l.entries[done : done+int(end-l.written)]
		l.changes = l.changes[:0]
		for _, e := range group {
			l.changes = append(l.changes, e.changes)
		}
		if err := l.commit(group[len(group)-1].meta, len(group) > 1, l.changes...); err != nil {
			return err
		}
		done += len(group)
		l.written = end
	}
	return nil
}

// photograph gives the pictures of the newest entry in the database their snapshots. The caller
// holds mu.
func (l *backlog) photograph() {
	for len(l.pictures) > 0 && l.pictures[0].at <= l.written {
		l.pictures[0].take()
	}
}

// commit writes changes of one entry or several, and where the state stands after them, as one
// batch.
func (l *backlog) commit(meta []byte, several bool, all ...[]byte) error {
	b := l.db.NewBatch()
	defer b.Close()
	if err := l.fill(b, several, all...); err != nil {
		return err
	}
	if err := b.Set(rows.Key(rows.FamilyMeta), meta, nil); err != nil {
		return err
	}
	return b.Commit(pebble.NoSync)
}

// fill adds changes of one entry or several to a batch: of each row what is left of it. It goes by
// family: the keys of a family mostly rise, and inserting neighbours is twice as fast as jumping
// about.
func (l *backlog) fill(b *pebble.Batch, several bool, all ...[]byte) error {
	for _, changes := range all {
		eachChange(changes, func(c change) { l.families[c.key[0]] = append(l.families[c.key[0]], c) })
	}
	for family, changes := range l.families {
		if len(changes) == 0 {
			continue
		}
		err := l.writeFamily(b, family, changes, several)
		clear(changes)
		l.families[family] = changes[:0]
		if err != nil {
			return err
		}
	}
	return nil
}

// pastReader is the pebble.Reader of a picture: of the rows after an entry.
type pastReader struct {
	of *backlog
	at uint64                          // number of the entry
	to atomic.Pointer[pebble.Snapshot] // nil until somebody reads, or a later entry is written
}

func (l *backlog) picture() *pastReader {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &pastReader{of: l, at: l.last()}
	l.pictures = append(l.pictures, p)
	return p
}

// take gives a picture its snapshot: its entry is the last in the database. The caller holds mu of
// the backlog.
func (p *pastReader) take() {
	p.to.Store(p.of.db.NewSnapshot())
	p.leave()
}

// leave takes a picture off those without a snapshot. The caller holds mu of the backlog.
func (p *pastReader) leave() {
	i := slices.Index(p.of.pictures, p)
	p.of.pictures = slices.Delete(p.of.pictures, i, i+1)
}

// snapshot returns the database as it stood after the picture's entry.
func (p *pastReader) snapshot() (*pebble.Snapshot, error) {
	if s := p.to.Load(); s != nil {
		return s, nil
	}
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	if s := p.to.Load(); s != nil {
		return s, nil
	}
	if err := p.of.write(p.at); err != nil {
		return nil, err
	}
	p.take()
	return p.to.Load(), nil
}

// Get implements pebble.Reader.
func (p *pastReader) Get(key []byte) ([]byte, io.Closer, error) {
	s, err := p.snapshot()
	if err != nil {
		return nil, nil, err
	}
	return s.Get(key)
}

// NewIter implements pebble.Reader.
func (p *pastReader) NewIter(o *pebble.IterOptions) (*pebble.Iterator, error) {
	return p.NewIterWithContext(context.Background(), o)
}

// NewIterWithContext implements pebble.Reader.
func (p *pastReader) NewIterWithContext(ctx context.Context, o *pebble.IterOptions) (*pebble.Iterator, error) {
	s, err := p.snapshot()
	if err != nil {
		return nil, err
	}
	return s.NewIterWithContext(ctx, o)
}

// Close implements pebble.Reader.
func (p *pastReader) Close() error {
	if s := p.to.Load(); s != nil {
		return s.Close()
	}
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	if s := p.to.Load(); s != nil {
		return s.Close()
	}
	p.leave()
	return nil
}

// currentReader is a pebble.Reader of the rows after the newest entry.
type currentReader struct{ of *backlog }

// Get implements pebble.Reader.
func (r currentReader) Get(key []byte) ([]byte, io.Closer, error) {
	switch value, known := r.of.get(key); {
	case !known: // also of what was written since: then the database has it
		return r.of.db.Get(key)
	case value == nil:
		return nil, nil, pebble.ErrNotFound
	default:
		return value, io.NopCloser(nil), nil
	}
}

// NewIter implements pebble.Reader.
func (r currentReader) NewIter(o *pebble.IterOptions) (*pebble.Iterator, error) {
	return r.NewIterWithContext(context.Background(), o)
}

// NewIterWithContext implements pebble.Reader.
func (r currentReader) NewIterWithContext(ctx context.Context, o *pebble.IterOptions) (*pebble.Iterator, error) {
	if err := r.of.flush(); err != nil {
		return nil, err
	}
	return r.of.db.NewIterWithContext(ctx, o)
}

// Close implements pebble.Reader. The database is closed by whoever opened it.
func (r currentReader) Close() error { return nil }
