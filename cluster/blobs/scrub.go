package blobs

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// An archive is read when a node compiles it, which may be once in months. A disk that changes it
// meanwhile on one node after the other would go unnoticed until none has it. So every node reads
// what it has again and again; what does not hash to its name is set aside, is then missing, and
// Run fetches it from a peer.

// Scrubbed is what reading everything again has come to.
type Scrubbed struct {
	checked atomic.Uint64
	passed  atomic.Int64 // when the newest pass over all ended, in Unix nanoseconds; 0 = none has
}

// Checked returns how many archives were read again.
func (s *Scrubbed) Checked() uint64 { return s.checked.Load() }

// Passed returns when the newest pass ended; zero if none has.
func (s *Scrubbed) Passed() time.Time {
	if at := s.passed.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Scrubbed returns what Run has found out about the disk.
func (b *Blobs) Scrubbed() *Scrubbed { return &b.scrubbed }

const (
	scrubShare = 20                     // of the time a pass reads one twentieth: the disk is there for others
	scrubRest  = 100 * time.Millisecond // after each archive, at least
)

// scrub reads all archives, once every ScrubEvery, until ctx ends.
func (b *Blobs) scrub(ctx context.Context) {
	for b.cfg.ScrubEvery > 0 {
		pass := time.Now()
		for _, d := range b.cfg.Store.List() {
			began := time.Now()
			_, err := b.cfg.Store.Blob(d)
			b.scrubbed.checked.Add(1)
			if err != nil && !errors.Is(err, ErrNoBlob) { // a damaged one was set aside, or it was swept
				b.cfg.Logger.Error("an archive cannot be read", "archive", d, "error", err)
			}
			rest(ctx, max(scrubRest, scrubShare*time.Since(began)))
			if ctx.Err() != nil {
				return
			}
		}
		b.scrubbed.passed.Store(time.Now().UnixNano())
		if rest(ctx, b.cfg.ScrubEvery-time.Since(pass)); ctx.Err() != nil {
			return
		}
	}
}

// rest returns after d, or when ctx ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
