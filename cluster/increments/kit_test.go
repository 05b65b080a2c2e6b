package increments

import (
	"bytes"
	"context"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"github.com/google/uuid"
)

// memory is a store whose clock is that of the test, and whose calls take as long as slow says.
type memory struct {
	mu      sync.Mutex
	objects map[string]held
	slow    func()
	refuse  func(name string) error // of Put
	puts    int
}

type held struct {
	content []byte
	at      time.Time
}

func newMemory() *memory { return &memory{objects: map[string]held{}, slow: func() {}} }

func (m *memory) Put(_ context.Context, name string, content []byte) error {
	m.slow()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		if err := m.refuse(name); err != nil {
			return err
		}
	}
	m.puts++
	m.objects[name] = held{bytes.Clone(content), time.Now()}
	return nil
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, there := m.objects[name]
	if !there {
		return nil, &None{name}
	}
	return o.content, nil
}

func (m *memory) Stat(_ context.Context, name string) (Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, there := m.objects[name]
	if !there {
		return Object{}, &None{name}
	}
	return Object{name, int64(len(o.content)), o.at}, nil
}

func (m *memory) List(_ context.Context, prefix string) iter.Seq2[Object, error] {
	m.mu.Lock()
	var all []Object
	for _, name := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.HasPrefix(name, prefix) {
			all = append(all, Object{name, int64(len(m.objects[name].content)), m.objects[name].at})
		}
	}
	m.mu.Unlock()
	return func(yield func(Object, error) bool) {
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (m *memory) Remove(_ context.Context, name string) error {
	m.slow()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
	return nil
}

// content is what a backup is made of.
type content struct {
	archives [][]byte
	state    []byte
}

func (c content) Archive(_ context.Context, d catalog.Digest) ([]byte, error) {
	for _, a := range c.archives {
		if digestOf(a) == d {
			return a, nil
		}
	}
	return nil, io.ErrUnexpectedEOF
}

func (c content) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(c.state)
	return int64(n), err
}

// random returns bytes that follow from the seed.
func random(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

// file returns the bytes of a backup of the content.
func (c content) file(t *testing.T, cluster string, index uint64, at time.Time) []byte {
	t.Helper()
	h := backup.Header{ID: uuid.NewString(), ClusterID: cluster, Node: "n1", Index: index, LogTime: at, StateBytes: int64(len(c.state)), Archives: []backup.Archive{}}
	for _, a := range c.archives {
		h.Archives = append(h.Archives, backup.Archive{Digest: digestOf(a), Bytes: int64(len(a))})
	}
	var b bytes.Buffer
	if err := backup.Write(t.Context(), &b, h, c, 0); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reads returns the file of a manifest, as it is made anew.
func reads(ctx context.Context, s Store, m *Manifest) ([]byte, error) {
	f := Open(ctx, s, m)
	defer f.Close()
	return io.ReadAll(f)
}
