package enginetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"aion.dev/aion/catalog"
)

// Blobs keeps archives in memory. It implements engine.Blobs.
type Blobs struct {
	mu      sync.Mutex // guards what follows
	blobs   map[catalog.Digest][]byte
	missing bool
	putErr  error
	puts    int
}

// Put implements engine.Blobs.
func (b *Blobs) Put(_ context.Context, archive []byte) (catalog.Digest, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.putErr != nil {
		return catalog.Digest{}, b.putErr
	}
	d := catalog.Digest(sha256.Sum256(archive))
	b.blobs[d] = bytes.Clone(archive)
	b.puts++
	return d, nil
}

// Get implements engine.Blobs.
func (b *Blobs) Get(_ context.Context, d catalog.Digest) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	blob, ok := b.blobs[d]
	if !ok || b.missing {
		return nil, fmt.Errorf("enginetest: no node has blob %s", d)
	}
	return bytes.Clone(blob), nil
}

// Hide makes every Get fail, or ends that.
func (b *Blobs) Hide(hide bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.missing = hide
}

// FailPuts makes every Put fail with err; nil ends that.
func (b *Blobs) FailPuts(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.putErr = err
}

// Puts counts successful Puts.
func (b *Blobs) Puts() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.puts
}
