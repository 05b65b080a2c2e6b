package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"

	"aion.dev/aion/catalog"
)

// made is a source in memory.
type made struct {
	archives map[catalog.Digest][]byte
	state    []byte
}

func (m *made) Archive(_ context.Context, d catalog.Digest) ([]byte, error) {
	if b, ok := m.archives[d]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("no archive %s", d)
}

func (m *made) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.state)
	return int64(n), err
}

// pattern is n bytes that repeat late.
func pattern(n, seed int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + seed)
	}
	return b
}

// sample is a source with archives and a state of these sizes, and its header.
func sample(state int, archives ...int) (Header, *made) {
	m := &made{archives: map[catalog.Digest][]byte{}, state: pattern(state, 1)}
	h := Header{ID: "b-1", ClusterID: "c-1", Node: "n1", Index: 17, Digest: "d", StateBytes: int64(state)}
	for i, n := range archives {
		b := pattern(n, i+2)
		d := catalog.Digest(sha256.Sum256(b))
		m.archives[d] = b
		h.Archives = append(h.Archives, Archive{d, int64(n)})
	}
	return h, m
}

func fileOf(t testing.TB, h Header, from Source, offset int64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, h, from, offset); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll reads a file into a source.
func readAll(file []byte) (Header, *made, error) {
	m := &made{archives: map[catalog.Digest][]byte{}}
	h, err := Read(bytes.NewReader(file), Sink{
		Archive: func(d catalog.Digest, content []byte) error { m.archives[d] = content; return nil },
		State:   func(r io.Reader) (err error) { m.state, err = io.ReadAll(r); return err },
	})
	return h, m, err
}
