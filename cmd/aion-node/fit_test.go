package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"aion.dev/aion/transport/wire"
)

// Tables fit any terminal: columns that nobody copies are narrowed first, ids last.
func TestTablesFit(t *testing.T) {
	id := "01a221aa-16d2-7469-b870-fd1ba2af6bdb"
	heading := []string{"WORKFLOW ID", "TYPE", "VERSION", "STATUS", "STARTED", "CLOSED", "WAITING ON"}
	rows := func() [][]string {
		return [][]string{{id, "order_fulfilment", "3f2a9c01d7aa", "running", "2m ago", "", "child " + id + ", child " + id}, {"a", "b", "3f2a9c01d7aa", "completed", "2m ago", "1m ago", ""}}
	}
	for _, width := range []int{400, 120, 100, 80, 60, 50, 40} {
		var b bytes.Buffer
		table(&page{Writer: &b, width: width}, "none", heading, rows())
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns: a line has %d:\n%s", width, n, b.String())
			}
		}
		if width >= 80 && !strings.Contains(b.String(), id) || width == 400 && strings.Contains(b.String(), "…") {
			t.Errorf("%d columns:\n%s", width, b.String())
		}
	}
	var b bytes.Buffer
	table(&page{Writer: &b, noHeaders: true}, "none", heading, rows())
	if strings.Contains(b.String(), "STATUS") || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("without headings:\n%s", b.String())
	}
}

// On a terminal, a timeline has a line for each day and fits the width; elsewhere each line has its
// date.
func TestTimeline(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 59, 59, 0, time.Local)
	events := []wire.Event{
		{Seq: 1, At: at, Type: "ActivityScheduled", Data: []byte(`{"id":7,"activity":"charge","input":"` + strings.Repeat("x", 200) + `"}`)},
		{Seq: 2, At: at.Add(2 * time.Second), Type: "ActivityCompleted", Data: []byte(`{"id":7,"result":1}`)},
		{Seq: 3, At: at.Add(73 * time.Hour), Type: "SignalReceived", Data: []byte(`{"name":"go"}`)},
	}
	print := func(width int) string {
		var b bytes.Buffer
		l := &timeline{w: &b, width: width, heading: true, names: map[string]string{}}
		for _, e := range events {
			l.printEvent(e)
		}
		return b.String()
	}
	screen := print(80)
	for line := range strings.Lines(screen) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
			t.Errorf("a line does not fit: %s", line)
		}
	}
	for _, want := range []string{"Sunday, 2026-03-01, times are UTC", "Monday, 2026-03-02, times", "charge #7", "+2s ", "+3d1h"} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
	if strings.Count(screen, "charge #7") != 2 {
		t.Errorf("the two events of one activity are not seen together:\n%s", screen)
	}
	if pipe := print(0); !strings.Contains(pipe, strings.Repeat("x", 200)) || strings.Count(pipe, "2026-03-0") != 3 {
		t.Errorf("a pipe gets\n%s", pipe)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"input", "id", "attr", "version", "versions", "run-timeout"}
	for word, want := range map[string][]string{
		"inptu": {"input"}, "versoin": {"version", "versions"}, "vers": {"version", "versions"}, "zz": nil, "atr": {"attr"}, "timeout": nil,
	} {
		if got := nearest(word, names); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
