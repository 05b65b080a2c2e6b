package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
)

// Get implements engine.Blobs. Concurrent callers share one fetch, which continues after a caller's
// ctx ends.
func (b *Blobs) Get(ctx context.Context, d catalog.Digest) ([]byte, error) {
	archive, err := b.cfg.Store.Blob(d)
	if !errors.Is(err, ErrNoBlob) {
		return archive, err
	}
	done := b.fetching.DoChan(string(d[:]), func() (any, error) {
		var (
			archive []byte
			err     error = port.ErrClosing
			over          = make(chan struct{})
		)
		if !b.startTracked(func(ctx context.Context) {
			defer close(over)
			archive, err = b.fetch(ctx, d)
		}) {
			return nil, port.ErrClosing
		}
		<-over
		return archive, err
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.([]byte), nil
	case <-ctx.Done():
		return nil, &engine.Unavailable{Why: fmt.Sprintf("archive %s is still being fetched: %v", d, ctx.Err())}
	}
}

// Size returns how many bytes an archive has. It fetches one that is not here.
func (b *Blobs) Size(ctx context.Context, d catalog.Digest) (int64, error) {
	if n, here := b.cfg.Store.size(d); here {
		return n, nil
	}
	archive, err := b.Get(ctx, d)
	return int64(len(archive)), err
}

// fetch asks the peers one by one, voters first, until one has the bytes.
func (b *Blobs) fetch(ctx context.Context, d catalog.Digest) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.FetchWithin)
	defer cancel()
	if err := b.transfers.Acquire(ctx, 1); err != nil {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("archive %s is not here, and %d transfers are under way: %v", d, b.cfg.MaxTransfers, err)}
	}
	defer b.transfers.Release(1)
	peers := others(b.cfg.Self, b.cfg.Members())
	asked := make([]string, 0, len(peers))
	for _, p := range peers {
		archive, err := b.cfg.Carrier.FetchBlob(ctx, port.Server{ID: p.ID, Address: p.Address}, d, b.cfg.Store.cfg.MaxBytes)
		if got := catalog.Digest(sha256.Sum256(archive)); err == nil && got != d {
			err = &BadBlob{Digest: d, Got: got}
		}
		if err != nil {
			asked = append(asked, fmt.Sprintf("%s (%v)", p.ID, err))
			continue
		}
		if err := b.cfg.Store.KeepBlob(ctx, d, bytes.NewReader(archive)); err != nil {
			b.cfg.Logger.Warn("a fetched archive could not be stored; it is used anyway", "archive", d, "error", err)
		}
		return archive, nil
	}
	if len(asked) == 0 {
		asked = []string{"nobody, because this node is alone"}
	}
	return nil, &engine.Unavailable{Why: fmt.Sprintf("archive %s is not here; asked %s", d, strings.Join(asked, ", "))}
}
