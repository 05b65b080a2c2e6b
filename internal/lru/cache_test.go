package lru

import (
	"fmt"
	"testing"
)

func TestCacheLetsGoOfWhatWasUsedLongestAgo(t *testing.T) {
	var dropped []string
	k := New[int, string](3)
	k.Drop = func(s string) { dropped = append(dropped, s) }
	for i := range 4 {
		if i == 3 {
			k.Get(0)
		}
		k.Put(i, fmt.Sprint("v", i))
	}
	if _, ok := k.Get(1); ok || fmt.Sprint(dropped) != "[v1]" {
		t.Errorf("dropped %v", dropped)
	}
	if v, ok := k.Take(0); !ok || v != "v0" || k.Len() != 2 {
		t.Errorf("took %q", v)
	}
	k.Put(3, "other")
	k.Clear()
	if fmt.Sprint(dropped) != "[v1 v3 other v2]" || k.Len() != 0 {
		t.Errorf("dropped %v", dropped)
	}
}

func TestCacheIsBoundedByBytes(t *testing.T) {
	k := New[int, string](100)
	k.Bytes, k.Size = 10, func(s string) uint64 { return uint64(len(s)) }
	k.Put(1, "1234")
	k.Put(2, "1234")
	k.Put(2, "123456")
	if k.held != 10 || k.Len() != 2 {
		t.Errorf("%d bytes of %d values", k.held, k.Len())
	}
	k.Put(3, "1")
	if _, ok := k.Get(1); ok || k.held != 7 {
		t.Errorf("%d bytes of %d values", k.held, k.Len())
	}
	k.Put(4, "more than all")
	if k.held != 0 || k.Len() != 0 {
		t.Errorf("%d bytes of %d values", k.held, k.Len())
	}
}

// Values that grow while they are kept are asked again as others are put.
func TestCacheSeesGrowth(t *testing.T) {
	k := New[int, *uint64](10_000)
	k.Bytes, k.Size, k.Grows = 10_000, func(n *uint64) uint64 { return *n }, true
	sizes := make([]uint64, 2000)
	for i := range sizes {
		sizes[i] = 1
		k.Put(i, &sizes[i])
	}
	for i := range sizes {
		sizes[i] = 100
	}
	for i := range 2000 / recounts {
		k.Put(i, &sizes[i])
	}
	if k.Put(50, &sizes[50]); k.held != 10_000 || k.Len() != 100 {
		t.Errorf("%d bytes of %d values", k.held, k.Len())
	}
}
