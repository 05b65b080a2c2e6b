package cluster

import (
	"testing"
	"time"

	"aion.dev/aion/engine/history"
)

func TestClockStartsAtTheLaterOfStateAndWall(t *testing.T) {
	wall := time.Now()
	if c := newClock(history.At(wall)-5, wall); c.at(wall) != history.At(wall) {
		t.Errorf("behind the wall clock, log time starts at %v, want %v", c.at(wall), history.At(wall))
	}
	ahead := history.At(wall).Add(time.Hour)
	c := newClock(ahead, wall)
	if c.at(wall) != ahead {
		t.Errorf("ahead of the wall clock, log time starts at %v, want %v", c.at(wall), ahead)
	}
	if got := c.at(wall.Add(time.Second)); got != ahead.Add(time.Second) {
		t.Errorf("a second later log time is %v, want %v", got, ahead.Add(time.Second))
	}
	if total, since := c.skew(wall.Add(time.Second)); total != time.Hour || since != 0 {
		t.Errorf("skew is %v, %v since the win; want 1h, 0", total, since)
	}
}

func TestClockShowsHowFarTheWallClockMoved(t *testing.T) {
	wall := time.Now()
	// Ten seconds have passed since the win by the monotonic clock, none by the wall clock: it was set back.
	c := &clock{base: history.At(wall), start: wall.Add(-10 * time.Second)}
	if total, since := c.skew(wall); total != 10*time.Second || since != 10*time.Second {
		t.Errorf("skew is %v, %v since the win; want 10s both", total, since)
	}
}
