package worker

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestJudge(t *testing.T) {
	plain, failure := errors.New("e"), Failf("k", "m")
	for _, c := range []struct {
		out   any
		err   error
		cause error
		verb  verb
		kind  string
		retry bool
	}{
		{1, nil, nil, complete, "", false},
		{1, nil, ErrLeaseLost, complete, "", false},
		{1, nil, ErrStopped, complete, "", false},
		{nil, plain, nil, fail, "failed", true},
		{nil, failure, nil, fail, "k", false},
		{nil, &Failure{}, nil, fail, "failed", true},
		{nil, plain, ErrStopped, release, "", false},
		{nil, failure, ErrLeaseLost, release, "", false},
		{nil, plain, ErrCancelled, fail, "cancelled", false},
		{nil, failure, ErrCancelled, fail, "k", false},
		{nil, plain, context.DeadlineExceeded, fail, "timeout", true},
		{nil, failure, context.DeadlineExceeded, fail, "k", false},
		{func() {}, nil, ErrStopped, fail, "invalid_output", false},
	} {
		o := outcomeOf(c.out, c.err, c.cause)
		if o.verb != c.verb || o.failure.Kind != c.kind || o.failure.Retryable != c.retry {
			t.Errorf("%v, %v after %v: %+v", c.out, c.err, c.cause, o)
		}
	}
}

func TestCut(t *testing.T) {
	sizes := func(all []int) (parts [][]int) {
		return slices.Collect(batches(all, func(n int) int { return n }))
	}
	if got := sizes(nil); len(got) != 0 {
		t.Error(got)
	}
	if got := sizes([]int{maxBytes + 1, 1, maxBytes, 1, 1}); len(got) != 4 || len(got[0]) != 1 || len(got[2]) != 1 || len(got[3]) != 2 {
		t.Errorf("%d parts: %v", len(got), got)
	}
	if got := sizes(make([]int, 2*maxBatch+1)); len(got) != 3 || len(got[0]) != maxBatch || len(got[2]) != 1 {
		t.Errorf("%d parts", len(got))
	}
}
