package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
)

// Settings say what is measured.
type Settings struct {
	Rows     []string      // names of rows; empty = all that this cluster allows
	Callers  []int         // how many call at once: each row is measured with each number
	Duration time.Duration // of each measurement, after its warm-up
	Rounds   int           // how often the table is measured; medians are reported
	Workers  int           // how many workers carry out activities
	Kills    int           // leaders that the row failover kills in a round
	Face     client.Face   // of nodes that callers and workers call; empty = as programs do
}

// Default returns the settings for somebody who names none.
func Default() Settings {
	return Settings{Callers: []int{1, 16, 256}, Duration: 3 * time.Second, Rounds: 1, Workers: 1, Kills: 3}
}

// The limits of settings.
const (
	minDuration = 100 * time.Millisecond
	maxDuration = 10 * time.Minute
	maxCallers  = 4096
	maxRounds   = 100
	maxWorkers  = 64
	maxKills    = 100
)

// Mistake is a setting that cannot be used. Flag names it as on the command line.
type Mistake struct{ Flag, Reason string }

func (m *Mistake) Error() string { return "--" + m.Flag + " " + m.Reason }

func mistake(flag, format string, args ...any) error {
	return &Mistake{flag, fmt.Sprintf(format, args...)}
}

// Check rejects settings that cannot be measured on a cluster; own is the number of nodes that are
// started for the purpose, 0 if the cluster belongs to others.
func (s Settings) Check(own int) error {
	within := func(flag string, value, most int) error {
		if value < 1 || value > most {
			return mistake(flag, "%d is not within 1 to %d", value, most)
		}
		return nil
	}
	if s.Duration < minDuration || s.Duration > maxDuration {
		return mistake("duration", "%s is not within 100ms to 10m", s.Duration)
	}
	if len(s.Callers) == 0 || len(s.Callers) > 16 {
		return mistake("callers", "names %d numbers, which is not within 1 to 16", len(s.Callers))
	}
	for i, n := range s.Callers {
		if err := within("callers", n, maxCallers); err != nil {
			return err
		}
		if slices.Contains(s.Callers[:i], n) {
			return mistake("callers", "names %d twice", n)
		}
	}
	if !slices.Contains([]client.Face{client.FaceAuto, client.FaceHTTP, client.FaceHot}, s.Face) {
		return mistake("face", "%q is neither http nor hot", string(s.Face))
	}
	for _, one := range []struct {
		flag        string
		value, most int
	}{{"rounds", s.Rounds, maxRounds}, {"workers", s.Workers, maxWorkers}, {"kills", s.Kills, maxKills}} {
		if err := within(one.flag, one.value, one.most); err != nil {
			return err
		}
	}
	if own != 0 && own != 1 && own != 3 {
		return mistake("nodes", "%d is neither 1 nor 3", own)
	}
	for i, name := range s.Rows {
		r := rowNamed(name)
		switch {
		case r == nil:
			return mistake("only", "%q is not one of %s", name, strings.Join(Names(), ", "))
		case slices.Contains(s.Rows[:i], name):
			return mistake("only", "names %s twice", name)
		case r.kills && own != 3:
			return mistake("only", "%s kills leaders, so it needs --nodes 3", name)
		}
	}
	return nil
}
