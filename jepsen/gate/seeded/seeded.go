// Package seeded is called by planted bugs. It decides which one of them a process has, the one
// that the environment variable AION_BUG names, and supplies what the product must not have: a
// clock, a die, a shuffle, a cache. It knows none of them by name.
//
// Only the patches in jepsen/gate/bugs import it, into the copies that they change. Nothing in the
// tree does, so no build of the tree can contain a bug.
package seeded

import (
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

var on = chosen()

// chosen reads the bug's name and removes it from the environment, where the node's configuration
// would refuse it.
func chosen() string {
	defer os.Unsetenv("AION_BUG")
	return os.Getenv("AION_BUG")
}

// On reports whether this process has the named bug.
func On(bug string) bool { return bug == on }

// Now returns the clock of this machine, in nanoseconds since 1970.
func Now() int64 { return time.Now().UnixNano() }

// Sometimes is true once in n times, at random.
func Sometimes(n int) bool { return rand.IntN(n) == 0 }

// Shuffle puts n things into a random order.
func Shuffle(n int, swap func(i, j int)) { rand.Shuffle(n, swap) }

var cache = struct {
	sync.Mutex
	of map[string]cached
}{of: map[string]cached{}}

type cached struct {
	value string
	until time.Time
}

// Cached returns the last result of ask for key if it is younger than age, and otherwise calls ask.
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
