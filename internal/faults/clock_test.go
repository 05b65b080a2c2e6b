//go:build aionfaults

package faults

import (
	"testing"
	"testing/synctest"
	"time"
)

// told makes the node suffer c.
func told(c Control) {
	current()
	now.Store(&c)
	counted.Store(0)
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer told(Control{})
		drift.sum, drift.last = 0, time.Time{}
		defer func() { drift.sum, drift.last = 0, time.Time{} }()
		told(Control{Rate: 2})
		began := Now()
		time.Sleep(time.Second)
		if d := Now().Sub(began); d != 2*time.Second {
			t.Errorf("a second at rate 2 took %s", d)
		}
		told(Control{Rate: 0.5})
		began = Now()
		time.Sleep(time.Second)
		if d := Now().Sub(began); d != 500*time.Millisecond {
			t.Errorf("a second at rate 0.5 took %s", d)
		}
		told(Control{Offset: -time.Hour})
		at := Now()
		if d := Wall(at).Sub(at.Round(0)); d != -time.Hour {
			t.Errorf("the wall clock is ahead by %s", d)
		}
	})
}
