package fsm

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// TestFeedPagesAreBoundedByBytes: the event of a package names all of its types. Pages of long
// events have few of them, and together they have all.
func TestFeedPagesAreBoundedByBytes(t *testing.T) {
	const packages = 60
	w := newWorld(t)
	var p catalog.Package
	for i := range 60 {
		p.Members = append(p.Members, catalog.Member{Type: fmt.Sprintf("t%02d%s", i, strings.Repeat("x", 97)), EntryModule: "m", EntryFunction: "run"})
	}
	for i := range packages {
		p.Version = catalog.Version{byte(i + 1)}
		w.do(&LoadPackage{Package: p})
	}
	var cursor FeedCursor
	pages, events := 0, 0
	for {
		var page []FeedEvent
		w.s.View(func(v View) { page, cursor = v.Feed(cursor, 256) })
		if len(page) == 0 {
			break
		}
		size := 0
		for _, e := range page[:len(page)-1] {
			size += len(e.Data)
		}
		if size >= feedBytes {
			t.Errorf("page %d has %d bytes before its last event", pages, size)
		}
		pages, events = pages+1, events+len(page)
	}
	if pages < 5 || events != packages {
		t.Errorf("%d events in %d pages", events, pages)
	}
}
