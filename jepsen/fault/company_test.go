package fault

import (
	"testing"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// A fault is alone unless another one is active, or was since it began. One that did nothing does
// not count, and one that is beginning is waited for.
func TestSolitude(t *testing.T) {
	c := nodes.Plain(3)
	co := companyOf(c)
	begin := func() (alone func() bool, leave func()) {
		begun, leave := co.enter()
		alone = solitude(c)
		begun(true)
		return alone, leave
	}
	first, leaveFirst := begin()
	if !first() {
		t.Error("alone, the first has company")
	}
	begun, leave := co.enter()
	asked := make(chan bool)
	go func() { asked <- first() }()
	select {
	case <-asked:
		t.Error("whether another one strikes was told before it was known")
	case <-time.After(20 * time.Millisecond): // long enough for a wrong answer; a right one passes in any case
	}
	begun(false)
	if leave(); !<-asked {
		t.Error("one that does nothing is company")
	}
	second, leaveSecond := begin()
	if first() || second() {
		t.Error("two that last together are alone")
	}
	leaveFirst()
	leaveSecond()
	if first() {
		t.Error("the second is forgotten once it is over")
	}
	if third, leave := begin(); !third() {
		t.Error("after all are over, the next has company")
	} else {
		leave()
	}
}
