package engine_test

import (
	"context"
	"testing"
	"testing/synctest"

	"aion.dev/aion/engine/enginetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

// bubble runs f with a node of its own in a bubble, where time skips when nothing is left to do.
func bubble(t *testing.T, f func(t *testing.T, n *enginetest.Node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, enginetest.New(t)) })
}

// refused fails the test unless err has the code. It returns err for further checks.
func refused(t *testing.T, err error, code string) error {
	t.Helper()
	if got := enginetest.CodeOf(err); err == nil || got != code {
		t.Fatalf("got error %v with code %q, want code %q", err, got, code)
	}
	return err
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
