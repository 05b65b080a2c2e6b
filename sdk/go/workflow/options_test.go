package workflow

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// shown lists the fields of a record.
func shown(r record) string {
	var list []string
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		list = append(list, fmt.Sprintf("%d=%q", f.number, f.value))
	}
	return strings.Join(list, " ")
}

func TestOptionsComeInOrder(t *testing.T) {
	var r record
	for _, o := range []ActivityOption{Retry{MaxAttempts: 3, NonRetryable: []string{"b", "a"}}, OnCancelIgnore, Queue("q"), Timeout(time.Second), Queue("last")} {
		r = o.activity(r)
	}
	want := `2="last" 4="\x00ʚ;\x00\x00\x00\x00" 8="ignore" 20="\x03\x00\x00\x00\x00\x00\x00\x00" 24="b" 24="a"`
	if got := shown(r.sorted()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	r = nil
	for _, o := range []ChildOption{Attributes{"b": "x", "a": nil}, OnCancelWait, VersionRouted, OnParentCloseAbandon, ChainTimeout(1), Timeout(2), ID("id"), Retry{Factor: 1}} {
		r = o.child(r)
	}
	want = `2="id" 4="\x02\x00\x00\x00\x00\x00\x00\x00" 5="\x01\x00\x00\x00\x00\x00\x00\x00" 6="abandon" 7="routed" 8="wait" 9="a" 9="b" 10="null" 10="\"x\"" ` +
		`20="\x00\x00\x00\x00\x00\x00\x00\x00" 22="\x00\x00\x00\x00\x00\x00\xf0?"`
	if got := shown(r.sorted()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for want, f := range map[string]func(){
		"the timeout is 0: it must be more, or be left out": func() { Timeout(0).activity(nil) },
		"the heartbeat is -1ns: it must not be negative":    func() { Heartbeat(-1).activity(nil) },
		"the timeout is -1s: it must not be negative":       func() { Timeout(-time.Second).wait(nil) },
		"the id is empty": func() { ID("").child(nil) },
		"retry: attempts and factor must not be negative":        func() { Retry{MaxAttempts: -1}.activity(nil) },
		"the backoff is -1ns: it must not be negative":           func() { Retry{Backoff: -1}.child(nil) },
		"attribute x: json: unsupported type: chan int":          func() { Attributes{"x": make(chan int)}.child(nil) },
		"package workflow: workflow code runs inside of Aion on": func() { Sleep(t.Context(), 1) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
