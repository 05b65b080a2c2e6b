package load

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPatienceEndsWhenNothingMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatience()
		for range 10 {
			time.Sleep(patienceOfRuns - time.Second)
			if p.left() != time.Second {
				t.Fatalf("%s are left", p.left())
			}
			p.moved()
		}
		time.Sleep(patienceOfRuns + time.Second)
		if p.left() != 0 {
			t.Errorf("%s are left, and nothing has moved", p.left())
		}
	})
}
