package main

import "testing"

// BenchmarkRoot is what every command line costs before it does anything.
func BenchmarkRoot(b *testing.B) {
	for b.Loop() {
		newRoot(&app{environ: func(string) string { return "" }})
	}
}
