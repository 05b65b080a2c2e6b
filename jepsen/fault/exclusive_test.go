package fault

import (
	"testing"

	"aion.dev/aion/jepsen/nodes"
)

func TestOneOperatorAtATime(t *testing.T) {
	one, other := nodes.Plain(3), nodes.Plain(3)
	done, ok := operate(one)
	if _, again := operate(one); !ok || again {
		t.Errorf("the first may %t, a second beside it %t", ok, again)
	}
	if _, ok := operate(other); !ok {
		t.Error("another cluster has to wait")
	}
	done()
	done()
	if _, ok := operate(one); !ok {
		t.Error("nobody is at it any more, and one may not")
	}
	if d := (Done{Did: busy, End: 1}); d.Struck() {
		t.Error("what finds another at work counts as a fault that struck")
	}
}
