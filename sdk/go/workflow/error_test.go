package workflow

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestErrorsCompareByKind(t *testing.T) {
	declined := fmt.Errorf("charging: %w", &Error{Kind: "declined", Message: "no money"})
	cancelled := fmt.Errorf("charging: %w", &Error{Kind: KindCancelled})
	for _, c := range []struct {
		err, target error
		is          bool
	}{
		{declined, &Error{Kind: "declined"}, true},
		{declined, ErrCancelled, false},
		{cancelled, ErrCancelled, true},
		{cancelled, context.Canceled, true},
		{cancelled, context.DeadlineExceeded, false},
		{&Error{Kind: KindTimeout}, context.DeadlineExceeded, true},
		{errors.New("x"), ErrCancelled, false},
	} {
		if errors.Is(c.err, c.target) != c.is {
			t.Errorf("errors.Is(%v, %v) is %v", c.err, c.target, !c.is)
		}
	}
	if Kind(declined) != "declined" || Kind(nil) != "" || Kind(errors.New("x")) != KindFailed {
		t.Errorf("kinds are %q, %q, %q", Kind(declined), Kind(nil), Kind(errors.New("x")))
	}
	if got := declined.Error() + ", " + cancelled.Error(); got != "charging: declined: no money, charging: cancelled" {
		t.Errorf("the texts are %s", got)
	}
}

func TestErrorsGoThere(t *testing.T) {
	from := errorOf(newRecord().text(1, "declined").text(2, "no money").text(3, `{"a":1}`).number(4, 1).number(99, 1))
	from.of = 7
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("x"), `1="failed" 2="x"`},
		{from, `1="declined" 2="no money" 3="{\"a\":1}" 4="\x01\x00\x00\x00\x00\x00\x00\x00" 5="\a\x00\x00\x00\x00\x00\x00\x00"`},
		{fmt.Errorf("charging: %w", from), `1="declined" 2="charging: declined: no money" 3="{\"a\":1}" 4="\x01\x00\x00\x00\x00\x00\x00\x00" 5="\a\x00\x00\x00\x00\x00\x00\x00"`},
		{&Error{Message: "x"}, `1="failed" 2="x"`},
		{context.Canceled, `1="failed" 2="context canceled"`}, // nobody has cancelled the run
	} {
		if got := shown(errorRecord(c.err, nil)); got != c.want {
			t.Errorf("%v: got %s", c.err, got)
		}
	}
}
