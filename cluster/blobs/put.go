package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
)

// put is a Put that a majority took. Later answers still count.
type put struct {
	began time.Time
	*pendingPut
}

// Put implements engine.Blobs. "Majority" means the voters of the configuration when Put begins.
// This node's own disk always gets the archive, while the others get it: if this node refuses it,
// others may have a blob that no entry names, and sweep it. Non-voters are sent the bytes too, but
// Put does not wait for them. The bytes are not copied, so the caller must not change them
// afterwards.
func (b *Blobs) Put(ctx context.Context, archive []byte) (catalog.Digest, error) {
	began, d := time.Now(), catalog.Digest(sha256.Sum256(archive))
	p := put{began, newPendingPut(b.cfg.Self, b.cfg.Members())}
	for _, to := range p.others {
		if !b.startTracked(func(ctx context.Context) { p.recordAnswer(to, b.send(ctx, to, d, archive)) }) {
			return d, port.ErrClosing
		}
	}
	if err := b.cfg.Store.KeepBlob(ctx, d, bytes.NewReader(archive)); err != nil { // beside what the others do
		return d, putError(err)
	}
	if err := p.wait(ctx); err != nil {
		return d, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for old, p := range b.puts {
		if time.Since(p.began) > putFresh {
			delete(b.puts, old)
		}
	}
	b.puts[d] = p
	return d, nil
}

func putError(err error) error {
	var tooLarge *catalog.PackageTooLarge
	if errors.As(err, &tooLarge) {
		return tooLarge
	}
	return &engine.Unavailable{Why: err.Error()}
}

func (b *Blobs) send(ctx context.Context, to Peer, d catalog.Digest, archive []byte) error {
	if err := b.transfers.Acquire(ctx, 1); err != nil {
		return err
	}
	defer b.transfers.Release(1)
	err := b.cfg.Carrier.SendBlob(ctx, port.Server{ID: to.ID, Address: to.Address}, d, archive)
	if err != nil {
		b.cfg.Logger.Warn("a node did not accept an archive", "archive", d, "to", to.ID, "error", err)
	}
	return err
}

// CheckNamed returns *engine.Unavailable if an entry must not name a blob now. Either this node has
// not put the blob within the last ten minutes, so it may be swept before the entry is applied; or
// a majority of the current voters is not known to have it, because the members have changed. Call
// it before proposing an entry that names a blob.
func (b *Blobs) CheckNamed(d catalog.Digest) error {
	members := b.cfg.Members()
	b.mu.Lock()
	p, ok := b.puts[d]
	b.mu.Unlock()
	switch {
	case !ok:
		return &engine.Unavailable{Why: fmt.Sprintf("archive %s was not put by this node within the last %v: deploy it again", d, putFresh)}
	case time.Since(p.began) > putFresh:
		return &engine.Unavailable{Why: fmt.Sprintf("archive %s was put %v ago, more than %v: deploy it again", d, time.Since(p.began).Round(time.Second), putFresh)}
	}
	if have, voters := p.holders(b.cfg.Self, members); 2*have <= voters {
		return &engine.Unavailable{Why: fmt.Sprintf("the members have changed since archive %s was put, it is on %d of %d voters: deploy it again", d, have, voters)}
	}
	return nil
}
