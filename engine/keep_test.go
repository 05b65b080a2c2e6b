package engine

import (
	"fmt"
	"testing"
)

func TestKeepLetsGoOfWhatWasUsedLongestAgo(t *testing.T) {
	var dropped []string
	k := newKeep[int, string](3)
	k.drop = func(s string) { dropped = append(dropped, s) }
	for i := range 4 {
		if i == 3 {
			k.get(0)
		}
		k.put(i, fmt.Sprint("v", i))
	}
	if _, ok := k.get(1); ok || fmt.Sprint(dropped) != "[v1]" {
		t.Errorf("dropped %v", dropped)
	}
	if v, ok := k.take(0); !ok || v != "v0" || k.len() != 2 {
		t.Errorf("took %q", v)
	}
	k.put(3, "other")
	k.clear()
	if fmt.Sprint(dropped) != "[v1 v3 other v2]" || k.len() != 0 {
		t.Errorf("dropped %v", dropped)
	}
}

func TestKeepIsBoundedByBytes(t *testing.T) {
	k := newKeep[int, string](100)
	k.bytes, k.size = 10, func(s string) uint64 { return uint64(len(s)) }
	k.put(1, "1234")
	k.put(2, "1234")
	k.put(2, "123456")
	if k.held != 10 || k.len() != 2 {
		t.Errorf("%d bytes of %d values", k.held, k.len())
	}
	k.put(3, "1")
	if _, ok := k.get(1); ok || k.held != 7 {
		t.Errorf("%d bytes of %d values", k.held, k.len())
	}
	k.put(4, "more than all")
	if k.held != 0 || k.len() != 0 {
		t.Errorf("%d bytes of %d values", k.held, k.len())
	}
}
