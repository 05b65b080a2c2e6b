package store

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"aion.dev/aion/catalog"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Snapshot is a picture of the state at the index that its header names: that of the call to
// Snapshot, or later. It is made by the first call of Header or WriteTo, as links to the database's
// files. Its methods are called by one goroutine at a time, which need not be the one that applies.
type Snapshot struct {
	d      *DB
	held   func(func() error) error
	folder string
	once   sync.Once
	header Header
	files  []string
	size   int64
	err    error
}

// Snapshot prepares to write out the present state, or a later one. It is cheap; the work, which
// does not hold up commits, is in Header and WriteTo. Held calls what it is given while the
// database stays open, or says why it does not. Any goroutine may call Snapshot.
func (d *DB) Snapshot(held func(func() error) error) *Snapshot {
	return &Snapshot{d: d, held: held, folder: d.dir.path(fmt.Sprintf("snap-%d", d.folders.Add(1)))}
}

// Header returns the snapshot's own index and digest; zero when it could not be made, which WriteTo
// explains.
func (p *Snapshot) Header() Header {
	p.once.Do(p.make)
	return p.header
}

// Size returns how many bytes WriteTo writes, or why the snapshot could not be made.
func (p *Snapshot) Size() (int64, error) {
	p.once.Do(p.make)
	return p.size, p.err
}

// Read calls f with the rows of the snapshot.
func (p *Snapshot) Read(f func(Reader) error) error {
	p.once.Do(p.make)
	if p.err != nil {
		return fmt.Errorf("snapshot: %w", p.err)
	}
	return p.d.read(p.folder, f)
}

// WriteTo streams the snapshot; what it names is on this node's disk before it returns. It may be
// called again.
func (p *Snapshot) WriteTo(w io.Writer) (int64, error) {
	p.once.Do(p.make)
	if p.err != nil {
		return 0, fmt.Errorf("snapshot: %w", p.err)
	}
	out := &counter{w: w}
	buffered := bufio.NewWriterSize(out, 1<<20)
	err := writeHead(buffered, p.header, len(p.files))
	for _, name := range p.files {
		if err == nil {
			err = p.writeFile(buffered, name)
		}
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		err = fmt.Errorf("snapshot at index %d: %w", p.header.Index, err)
	}
	return out.n, err
}

// Release lets go of the snapshot; it may be called more than once.
func (p *Snapshot) Release() {
	p.once.Do(func() { p.err = errors.New("it was released") })
	if p.err == nil {
		p.err = errors.New("it was released")
		_ = p.d.cfg.FS.RemoveAll(p.folder) // links; what is left over goes when the state is opened
	}
}

// make flushes what is in memory, links the database's files into a folder, and reads from there
// which index that is: entries applied meanwhile may be in it or not.
func (p *Snapshot) make() {
	if p.err = p.checkpoint(); p.err == nil {
		p.header, p.err = p.d.inspect(p.folder)
	}
	if p.err == nil {
		p.files, p.err = p.d.cfg.FS.List(p.folder)
		p.files = slices.DeleteFunc(p.files, func(name string) bool { return name == "LOCK" })
		slices.Sort(p.files)
	}
	if p.err == nil {
		p.size, p.err = p.measure()
	}
	if p.err != nil {
		_ = p.d.cfg.FS.RemoveAll(p.folder)
	}
}

// measure returns the length of the stream.
func (p *Snapshot) measure() (int64, error) {
	size := int64(snapshotHead)
	for _, name := range p.files {
		info, err := p.d.cfg.FS.Stat(p.d.cfg.FS.PathJoin(p.folder, name))
		if err != nil {
			return 0, err
		}
		size += int64(1+len(name)+8) + info.Size() + 4
	}
	return size, nil
}

func (p *Snapshot) checkpoint() error {
	return p.held(func() error {
		if err := p.d.Flush(); err != nil {
			return err
		}
		return p.d.db.Checkpoint(p.folder)
	})
}

func (p *Snapshot) writeFile(w io.Writer, name string) (err error) {
	f, err := p.d.cfg.FS.Open(p.d.cfg.FS.PathJoin(p.folder, name), vfs.SequentialReadsOption)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := writeFileHead(w, name, info.Size()); err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	sum.Write([]byte(name))
	if _, err := io.CopyN(io.MultiWriter(w, sum), f, info.Size()); err != nil {
		return fmt.Errorf("file %s: %w", name, err)
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// inspect opens a database that nobody uses, for reading, and returns where it stands.
func (d *DB) inspect(folder string) (h Header, err error) {
	err = d.read(folder, func(r Reader) error {
		m, err := r.Meta()
		h = Header{Index: m.Index, Digest: m.Digest}
		return err
	})
	return h, err
}

// read calls f with the rows of a database that nobody uses.
func (d *DB) read(folder string, f func(Reader) error) (err error) {
	o := d.options()
	o.ReadOnly = true
	db, err := pebble.Open(folder, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(Reader{db})
}

// digestOf is for messages.
func digestOf(d catalog.Digest) string { return d.String()[:12] }

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
