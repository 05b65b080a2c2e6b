package throttle

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottleSaysAFewAndHowManyNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		log := func(msg string, args ...any) { said = append(said, fmt.Sprint(msg, args)) }
		var th Throttle
		for range 100 {
			th.Say(log, "refused", "from", "x")
		}
		if len(said) != 3 {
			t.Errorf("of 100 lines at once %d were logged, want 3", len(said))
		}
		<-time.After(time.Minute)
		th.Say(log, "refused", "from", "y")
		if got := said[len(said)-1]; len(said) != 4 || got != "refused[from y held_back 97]" {
			t.Errorf("a minute later: %q", got)
		}
	})
}
