//go:build aionbugs

package seeded

import (
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// Planted tells whether this build can have bugs at all.
const Planted = true

var on = chosen()

// chosen takes the bug's name out of the environment, where the node's configuration would stumble over it.
func chosen() Bug {
	defer os.Unsetenv("AION_BUG")
	return Bug(os.Getenv("AION_BUG"))
}

// On reports whether a bug is planted.
func On(b Bug) bool { return b == on }

// Now is the clock of this machine, in nanoseconds, for those who must not have one.
func Now() int64 { return time.Now().UnixNano() }

// Sometimes is true once in n times.
func Sometimes(n int) bool { return rand.IntN(n) == 0 }

// Shuffle brings n things into any order.
func Shuffle(n int, swap func(i, j int)) { rand.Shuffle(n, swap) }

var cache = struct {
	sync.Mutex
	of map[string]cached
}{of: map[string]cached{}}

type cached struct {
	value string
	until time.Time
}

// Cached answers what ask said when it was last asked about key, if that is less than age ago.
func Cached(key string, age time.Duration, ask func() string) string {
	cache.Lock()
	defer cache.Unlock()
	c, ok := cache.of[key]
	if !ok || time.Now().After(c.until) {
		c = cached{ask(), time.Now().Add(age)}
		cache.of[key] = c
	}
	return c.value
}
