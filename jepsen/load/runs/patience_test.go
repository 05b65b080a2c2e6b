package runs

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPatienceEndsWhenNothingMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPatience()
		for range 10 {
			time.Sleep(Standstill - time.Second)
			if p.Left() != time.Second {
				t.Fatalf("%s are left", p.Left())
			}
			p.Moved()
		}
		time.Sleep(Standstill + time.Second)
		if p.Left() != 0 {
			t.Errorf("%s are left, and nothing has moved", p.Left())
		}
	})
}
