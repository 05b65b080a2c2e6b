package blobs

import (
	"context"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/catalog"
)

// Missing returns how many of the blobs that applied state names are not on this node's disk.
func (b *Blobs) Missing() int { return len(b.lacking(b.cfg.Named())) }

// lacking returns the named blobs that are not on this node's disk.
func (b *Blobs) lacking(named []catalog.Digest) []catalog.Digest {
	var lack []catalog.Digest
	for _, d := range named {
		if !b.cfg.Store.Has(d) {
			lack = append(lack, d)
		}
	}
	return lack
}

// Run keeps the disk in step with what applied state names, until ctx ends: it fetches missing
// archives and sweeps those that nothing has named for an hour. It compares with the current state
// in every round, so a missed change loses nothing.
func (b *Blobs) Run(ctx context.Context) error {
	look, sweep := time.NewTicker(b.cfg.LookEvery), time.NewTicker(b.cfg.SweepEvery)
	defer look.Stop()
	defer sweep.Stop()
	tries := map[catalog.Digest]*try{}
	ctx, stop := context.WithCancel(ctx)
	var scrubs sync.WaitGroup
	defer scrubs.Wait()
	defer stop()
	scrubs.Go(func() { b.scrub(ctx) })
	for {
		b.fetchLacking(ctx, tries)
		select {
		case <-look.C:
		case <-sweep.C:
			if swept := b.cfg.Store.Sweep(b.cfg.Named(), keepUnnamed); len(swept) > 0 {
				b.cfg.Logger.Info("removed archives that nothing names", "archives", swept)
			}
		case <-b.ctx.Done():
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// try remembers when to ask again for a blob that could not be fetched.
type try struct {
	next  time.Time
	pause time.Duration
}

const longestPause = time.Minute

// fetchLacking tries each missing blob once, unless it failed a short time ago, and waits for all
// attempts.
func (b *Blobs) fetchLacking(ctx context.Context, tries map[catalog.Digest]*try) {
	lack := b.lacking(b.cfg.Named())
	failed := make([]bool, len(lack))
	var all sync.WaitGroup
	for i, d := range lack {
		if t := tries[d]; t != nil && time.Now().Before(t.next) {
			continue
		}
		all.Go(func() {
			if _, err := b.Get(ctx, d); err != nil {
				failed[i] = true
				b.cfg.Logger.Warn("an archive that the state names is missing here", "archive", d, "error", err)
			} else {
				b.cfg.Logger.Info("fetched a missing archive", "archive", d)
			}
		})
	}
	all.Wait()
	for d := range tries {
		if !slices.Contains(lack, d) {
			delete(tries, d)
		}
	}
	for i, d := range lack {
		switch {
		case failed[i]:
			t := tries[d]
			if t == nil {
				t = &try{}
				tries[d] = t
			}
			t.pause = min(max(2*t.pause, b.cfg.LookEvery), longestPause)
			t.next = time.Now().Add(t.pause)
		case b.cfg.Store.Has(d):
			delete(tries, d)
		}
	}
}
