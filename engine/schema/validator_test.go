package schema

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// A check ends with its caller, even in the middle of one regular expression.
func TestACheckEndsWithItsCaller(t *testing.T) {
	s, err := Compile([]byte(`{"pattern":"^(?:a*[ab]?){700}c$"}`))
	if err != nil {
		t.Fatal(err)
	}
	v := <-s.free
	v.budget = 1 << 60
	gone := errors.New("the caller hung up")
	ctx, hangUp := context.WithCancelCause(t.Context())
	defer hangUp(nil)
	looks := 0
	for _, p := range v.patterns.known {
		p.spend = func(n int) {
			if looks++; looks == 1000 {
				hangUp(gone)
			}
			v.spend(n)
		}
	}
	s.free <- v
	if _, reason, err := s.Check(ctx, []byte(`"`+strings.Repeat("a", 100_000)+`"`)); !errors.Is(err, gone) || reason != "" || looks > 1100 {
		t.Errorf("%q %v after %d runes", reason, err, looks)
	}
	for range cap(s.free) { // the validators are all in use
		select {
		case <-s.free:
		case <-s.more:
		}
	}
	if _, _, err := s.Check(ctx, []byte(`1`)); !errors.Is(err, gone) {
		t.Errorf("waiting for a validator: %v", err)
	}
}
