package transport

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

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
