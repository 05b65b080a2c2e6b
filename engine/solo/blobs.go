package solo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"aion.dev/aion/catalog"
)

// Blobs keeps archives in memory, forever. It implements engine.Blobs.
type Blobs struct {
	mu    sync.Mutex
	blobs map[catalog.Digest][]byte
}

// NewBlobs makes an empty store.
func NewBlobs() *Blobs { return &Blobs{blobs: make(map[catalog.Digest][]byte)} }

// Put implements engine.Blobs.
func (b *Blobs) Put(_ context.Context, archive []byte) (catalog.Digest, error) {
	d := catalog.Digest(sha256.Sum256(archive))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.blobs[d] = bytes.Clone(archive)
	return d, nil
}

// Get implements engine.Blobs.
func (b *Blobs) Get(_ context.Context, d catalog.Digest) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	blob, ok := b.blobs[d]
	if !ok {
		return nil, fmt.Errorf("solo: nobody has put blob %s", d)
	}
	return bytes.Clone(blob), nil
}
