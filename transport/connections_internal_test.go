package transport

import (
	"net"
	"testing"
	"time"
)

func TestConnectionsThatNeverCallExpire(t *testing.T) {
	cs := &connections{limit: 10}
	accept := func() *connection {
		a, b := net.Pipe()
		t.Cleanup(func() { b.Close() })
		return cs.admit(a).(*connection)
	}
	silent, checker, caller, sender := accept(), accept(), accept(), accept()
	checker.beginCall()()
	over := caller.beginCall()
	caller.markProven()
	over()
	sending := sender.beginCall()

	cs.expire(time.Now().Add(unprovenIdle + time.Second))
	for what, c := range map[string]struct {
		*connection
		closed bool
	}{"said nothing": {silent, true}, "asks for health": {checker, true}, "made a call": {caller, false}, "still sends": {sender, false}} {
		if c.closed != c.connection.closed {
			t.Errorf("the connection that %s: closed is %v", what, c.connection.closed)
		}
	}
	sending()
	cs.expire(time.Now().Add(unprovenIdle + time.Second))
	if open, _ := cs.figures(); open != 1 || !sender.closed {
		t.Errorf("%d are open, want the one that made a call", open)
	}
	caller.Close()
	caller.Close()
	if open, _ := cs.figures(); open != 0 || cs.proven.Len()+cs.unproven.Len() != 0 {
		t.Errorf("%d are open, %d and %d wait", open, cs.proven.Len(), cs.unproven.Len())
	}
}
