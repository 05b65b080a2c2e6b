package auditlog

import (
	"path/filepath"
	"strings"
	"testing"
)

// The newest lines come first, of a file of any length, and what is no line is passed over.
func TestNewest(t *testing.T) {
	l, err := Open(Config{Path: filepath.Join(t.TempDir(), "audit.jsonl"), Node: "n1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	long := strings.Repeat("x", 1000)
	for range 1500 { // more than is looked at
		l.Write(Line{Who: "ada", Operation: "start", Outcome: OK, Detail: long})
	}
	l.Write(Line{Who: "bob", Operation: "cancel", Outcome: OK})
	if err := l.put([]byte("no line\n")); err != nil {
		t.Fatal(err)
	}
	all, err := l.Newest(5000, func(*Line) bool { return true })
	if err != nil || len(all) < 500 || len(all) > 1100 || all[0].Who != "bob" || all[1].Who != "ada" {
		t.Fatalf("%v: %d lines", err, len(all))
	}
	some, err := l.Newest(3, func(line *Line) bool { return line.Who == "ada" })
	if err != nil || len(some) != 3 || some[0].ID != all[1].ID {
		t.Fatalf("%v: %+v", err, some)
	}
}
