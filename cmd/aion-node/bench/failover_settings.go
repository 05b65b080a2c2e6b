package bench

import "time"

// FailoverSettings say what becomes of a cluster of three with the settings that nodes have by
// default. What is 0 is left out.
type FailoverSettings struct {
	Kills    int           `json:"kills"`    // leaders killed, one after the other
	Busy     time.Duration `json:"busy_ns"`  // how long every processor of the machine is burnt
	Restarts int           `json:"restarts"` // rounds in which each node is restarted in order
	Callers  int           `json:"callers"`  // how many write all the time meanwhile
}

// DefaultFailover returns the settings for somebody who names none.
func DefaultFailover() FailoverSettings {
	return FailoverSettings{Kills: 20, Busy: time.Minute, Restarts: 3, Callers: 4}
}

const maxBusy = 24 * time.Hour

// Check rejects settings that cannot be measured.
func (s FailoverSettings) Check() error {
	for _, one := range []struct {
		flag               string
		value, least, most int
	}{{"kills", s.Kills, 0, maxKills}, {"restarts", s.Restarts, 0, maxKills}, {"callers", s.Callers, 1, maxCallers}} {
		if one.value < one.least || one.value > one.most {
			return mistake(one.flag, "%d is not within %d to %d", one.value, one.least, one.most)
		}
	}
	if s.Busy < 0 || s.Busy > maxBusy {
		return mistake("busy", "%s is not within 0s to %s", s.Busy, maxBusy)
	}
	if s.Kills == 0 && s.Busy == 0 && s.Restarts == 0 {
		return mistake("kills", "0 leaves nothing to measure, with --busy 0s and --restarts 0")
	}
	return nil
}
