package fsm

import (
	"bytes"
	"fmt"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// What a node remembers of the streams is what they say: of all namespaces, of the entries after
// one, and as far as the View knows of them.
func TestNewsIsWhatTheStreamsSay(t *testing.T) {
	w := newWorld(t)
	w.do(&CreateNamespace{Name: "acme"})
	w.doIn("acme", &LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&LoadPackage{Package: pack("v3", "order"), Route: true})
	before := w.s.Applied()
	told := func(v View, after uint64) string {
		news, whole := v.News(after)
		var names []string
		for _, n := range news {
			if n.Name == "WorkflowClosed" {
				run, _ := v.Run(n.RunID)
				space, typ := namespace.Split(n.WorkflowType)
				names = append(names, space, namespace.Bare(run.WorkflowID), typ, n.Status.String())
			} else {
				names = append(names, n.Name)
			}
		}
		return fmt.Sprint(names, whole)
	}
	w.start("a", "order")
	w.doIn("acme", startIn(1))
	w.view(func(earlier View) {
		w.turn("a", &history.WorkflowCompleted{})
		w.doIn("acme", &TerminateRun{Run: RunRef{WorkflowID: "w1"}})
		w.refused(&RouteType{Type: "order", Version: versionOf("v2").String()}, "unknown_version")
		if got := told(earlier, before); got != "[] true" {
			t.Errorf("a View of before says %s", got)
		}
	})
	const closed = "[ a order completed acme w1 order terminated"
	w.view(func(v View) {
		if got := told(v, before); got != closed+" DeployRefused] true" {
			t.Errorf("told %s", got)
		}
		if got := told(v, v.Index()-1); got != "[DeployRefused] true" {
			t.Errorf("told of the last entry %s", got)
		}
	})
}

// Whoever was away for longer than events are remembered, or since before a snapshot, is told so.
func TestNewsSaysWhenItHasForgotten(t *testing.T) {
	n := newNews(7)
	line := feedLine{name: feedWorkflowClosed, data: []byte{byte(history.StatusCompleted)}}
	for i := range uint64(3 * maxNews / 2) {
		n.keep(&step{index: 8 + i, feed: []feedLine{line}})
	}
	at := func(after uint64) (int, bool) {
		p := &picture{news: n}
		p.meta.Index = 1 << 40
		news, whole := p.News(after)
		return len(news), whole
	}
	if _, whole := at(7); whole {
		t.Error("what was forgotten counts as told")
	}
	last := uint64(7 + 3*maxNews/2)
	if told, whole := at(last - 10); told != 10 || !whole {
		t.Errorf("of the last ten entries: %d, %v", told, whole)
	}

	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	w.turn("a", &history.WorkflowCompleted{})
	s, err := Open(Config{Dir: "other", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Restore(bytes.NewReader(snapshotOf(t, w.s))); err != nil {
		t.Fatal(err)
	}
	s.View(func(v View) {
		if _, whole := v.News(0); whole {
			t.Error("what a snapshot jumped over counts as told")
		}
		if _, whole := v.RunsTouched(0); whole {
			t.Error("runs that a snapshot changed count as untouched")
		}
	})
}
