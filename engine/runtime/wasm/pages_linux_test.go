package wasm

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// pagesOf makes a memory of that many pages, of which the image has half.
func pagesOf(t *testing.T, pages int) (p *private, size int) {
	t.Helper()
	img, err := newImage(bytes.Repeat([]byte{7}, pages/2*blockOf))
	if err != nil {
		t.Fatal(err)
	}
	m, err := img.memory(uint64(pages * blockOf))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.close(); img.close() })
	p, ok := m.(*private)
	if !ok {
		t.Skip("SKIPPED: the kernel has no memfd")
	}
	return p, pages * blockOf
}

// Both ways to ask the kernel know each page that was written to, and so does a comparison.
func TestPagesAgree(t *testing.T) {
	p, size := pagesOf(t, 2048)
	rnd, b := rand.New(rand.NewPCG(1, 2)), p.grow(size)
	for range 300 { // more regions than one call returns
		page := rnd.IntN(1024)
		first += int(b[page*blockOf]) // beyond the image, the page may be told though it was only read
		b[rnd.IntN(2048)*blockOf+rnd.IntN(blockOf)]++
	}
	if !p.read(size) {
		t.Skip("SKIPPED: the kernel does not tell of pages")
	}
	read := slices.Clone(p.list)
	p.list = nil
	if !p.scan(size) {
		t.Skip("SKIPPED: the kernel is older than 6.7")
	}
	if !slices.Equal(p.list, read) {
		t.Errorf("scan tells %v, and read %v", p.list, read)
	}
	differ := differing(b, p.image.view) // which reads all of them
	for _, page := range differ {
		if _, found := slices.BinarySearch(read, page); !found {
			t.Errorf("page %d differs, and is not told", page)
		}
	}
	for _, page := range read {
		if _, differs := slices.BinarySearch(differ, page); !differs && page < 1024 {
			t.Errorf("page %d is told, and is as the image has it", page)
		}
	}
}

// What is written while it is watched is found, and the kernel is not asked if that was written to
// before. What is written otherwise is found, too.
func TestPagesAreWatched(t *testing.T) {
	p, size := pagesOf(t, 64)
	b := p.grow(size)
	b[3*blockOf]++
	check := func(when string, want ...int) {
		t.Helper()
		if got := p.changed(size); !slices.Equal(got, want) {
			t.Fatalf("%s: the list is %v; want %v", when, got, want)
		}
	}
	check("at first", 3)
	if !p.watch() {
		t.Skip("SKIPPED: the kernel is older than 6.7")
	}
	b[3*blockOf]++
	p.watched()
	if !p.whole {
		t.Log("the thread had a fault elsewhere")
	}
	check("written again", 3)
	for n, page := range []int{9, 40, 10} { // in the image, and beyond it
		if !p.watch() {
			t.Fatal("it is not watched")
		}
		b[page*blockOf]++
		p.watched()
		if p.whole {
			t.Errorf("page %d has become the memory's own, and nobody noticed", page)
		}
		check("a new page", [][]int{{3, 9}, {3, 9, 40}, {3, 9, 10, 40}}[n]...)
	}
	p.touched()
	b[20*blockOf]++
	if p.watch() {
		t.Error("it is watched while nobody knows the list")
	}
	check("not watched", 3, 9, 10, 20, 40)
}
