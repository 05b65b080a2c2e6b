package desk

import (
	"context"
	"testing"
	"time"

	"aion.dev/aion/fsm"
)

type gauge int

func (g *gauge) Inc() { *g++ }
func (g *gauge) Dec() { *g-- }

// TestWaits: a wait ends with a grant, with its time, with its caller, or with the term. If several
// hold, the first of these wins.
func TestWaits(t *testing.T) {
	term, lost := context.WithCancel(t.Context())
	defer lost()
	var polls gauge
	d := New(term, Config{View: func(func(fsm.View)) {}, Polls: &polls})
	p := d.Enter("q", []string{"a"}, 3, nil)
	if polls != 1 {
		t.Errorf("%d polls", polls)
	}
	over := make(chan time.Time, 1)
	p.granted <- Grant{Tasks: 2}
	over <- time.Time{}
	if n, err := p.Await(t.Context(), over); n.Tasks != 2 || err != nil {
		t.Errorf("what is granted comes before the end: %d, %v", n.Tasks, err)
	}
	if n, err := p.Await(t.Context(), over); n.Tasks != 0 || err != nil {
		t.Errorf("its time is over: %d, %v", n.Tasks, err)
	}
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	if n, err := p.Await(gone, over); n.Tasks != 0 || err != nil {
		t.Errorf("its caller went: %d, %v", n.Tasks, err)
	}
	lost()
	if n, err := p.Await(t.Context(), over); n.Tasks != 0 || err != ErrClosed {
		t.Errorf("the term is over: %d, %v", n.Tasks, err)
	}
	p.Leave()
	if polls != 0 || len(d.lines) != 0 {
		t.Errorf("%d polls, %d lines", polls, len(d.lines))
	}
}

// TestClaims: the first of the polls under one request id decides for all of them; without an id
// each poll decides alone.
func TestClaims(t *testing.T) {
	d := New(t.Context(), Config{})
	one, leaveOne := d.Join("r")
	two, leaveTwo := d.Join("r")
	other, leaveOther := d.Join("s")
	if one.DecideHandOver(false) || two.DecideHandOver(true) || !other.DecideHandOver(true) {
		t.Error("the first has nobody to hand tasks to, so they are given back")
	}
	leaveOne()
	if again, leave := d.Join("r"); again.DecideHandOver(true) {
		t.Error("it was decided, and a poll is under way")
	} else {
		leave()
	}
	leaveTwo()
	leaveOther()
	if len(d.claims) != 0 {
		t.Errorf("%d claims are left", len(d.claims))
	}
	alone, leave := d.Join("")
	if same, _ := d.Join(""); !alone.DecideHandOver(true) || same.DecideHandOver(false) || len(d.claims) != 0 {
		t.Error("without an id nothing is shared")
	}
	leave()
}
