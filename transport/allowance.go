package transport

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// storedFor is how long an archive counts that a token for ephemeral versions has stored: as long
// as it is kept if no entry names it.
const storedFor = time.Hour

// storedArchives is what tokens for ephemeral versions have stored here within the last hour: the
// leader's account. A new leader begins another one. Versions are counted in the state (fsm).
type storedArchives struct {
	mu sync.Mutex
	of map[string]map[[sha256.Size]byte]storedArchive // guarded by mu: by token and digest
}

type storedArchive struct {
	bytes uint64
	at    time.Time
}

// admit counts an archive, or refuses it if the token may not have so many bytes waiting. The same
// bytes count once.
func (a *storedArchives) admit(c caller, archive []byte, now time.Time) error {
	if c.allowed == nil {
		return nil
	}
	digest := sha256.Sum256(archive)
	a.mu.Lock()
	defer a.mu.Unlock()
	mine, used := a.of[c.owner], uint64(0)
	for d, one := range mine {
		if now.Sub(one.at) > storedFor {
			delete(mine, d)
		} else if d != digest {
			used += one.bytes
		}
	}
	size := uint64(len(archive))
	if used+size > c.allowed.Bytes {
		return wire.New("resource_exhausted", fmt.Sprintf("the token %q may store %d bytes of archives an hour, and has stored %d; this one has %d", c.name, c.allowed.Bytes, used, size)).
			With("token", c.name).With("what", "bytes of archives stored within an hour").With("limit", c.allowed.Bytes).With("used", used)
	}
	if mine == nil {
		mine = map[[sha256.Size]byte]storedArchive{}
		if a.of == nil {
			a.of = map[string]map[[sha256.Size]byte]storedArchive{}
		}
		a.of[c.owner] = mine
	}
	mine[digest] = storedArchive{size, now}
	return nil
}

// ownRun refuses a token for ephemeral versions a run that is not its own: one on a version on
// which another token has started runs, too, or that no run has brought. It has to name the run by
// its run id, because the newest of a workflow id may be another's a moment later. Others may go
// on.
func (s *Server) ownRun(ctx context.Context, ref fsm.RunRef) error {
	x := exchangeOf(ctx)
	if x.caller.allowed == nil {
		return nil
	}
	if ref.RunID == (history.RunID{}) {
		return x.caller.denied("signal and end its own runs, each by its run id (run_id)")
	}
	if owner, ok := s.cfg.Authority.BroughtBy(ref); !ok || owner != x.owner() {
		return x.caller.denied("signal and end runs that are open, on ephemeral versions on which nobody else has started runs")
	}
	return nil
}
