package enginetest

import (
	"context"
	"fmt"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/solo"
)

// Blobs is solo's store with injected faults.
type Blobs struct {
	*solo.Blobs

	mu      sync.Mutex // guards the fields below
	missing bool
	putErr  error
	puts    int
}

// Put implements engine.Blobs.
func (b *Blobs) Put(ctx context.Context, archive []byte) (catalog.Digest, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.putErr != nil {
		return catalog.Digest{}, b.putErr
	}
	b.puts++
	return b.Blobs.Put(ctx, archive)
}

// Get implements engine.Blobs.
func (b *Blobs) Get(ctx context.Context, d catalog.Digest) ([]byte, error) {
	b.mu.Lock()
	missing := b.missing
	b.mu.Unlock()
	if missing {
		return nil, fmt.Errorf("enginetest: no node has blob %s", d)
	}
	return b.Blobs.Get(ctx, d)
}

// Hide makes every Get fail until it is called with false.
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
