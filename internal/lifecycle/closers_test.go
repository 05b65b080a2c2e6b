package lifecycle

import (
	"errors"
	"slices"
	"testing"
)

func TestClosersCloseInReverseOrderOnce(t *testing.T) {
	var c Closers
	var closed []string
	for _, name := range []string{"lock", "log", "state"} {
		c.Add(func() error {
			closed = append(closed, name)
			if name == "log" {
				return errDisk
			}
			return nil
		})
	}
	if err := c.Close(); !errors.Is(err, errDisk) {
		t.Errorf("the error of one is lost: %v", err)
	}
	if want := []string{"state", "log", "lock"}; !slices.Equal(closed, want) {
		t.Errorf("closed %v, want %v", closed, want)
	}
	if err := c.Close(); err != nil || len(closed) != 3 {
		t.Errorf("closed again: %v, %v", closed, err)
	}
}
