//go:build !aionbugs

package seeded

import "time"

// Planted tells whether this build can have bugs at all.
const Planted = false

// On reports whether a bug is planted: never.
func On(Bug) bool { return false }

// Now and then: never.
func Now() int64 { return 0 }

// Sometimes is false.
func Sometimes(int) bool { return false }

// Shuffle does nothing.
func Shuffle(int, func(i, j int)) {}

// Cached asks.
func Cached(_ string, _ time.Duration, ask func() string) string { return ask() }
