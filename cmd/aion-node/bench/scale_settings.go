package bench

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
)

// ScaleSettings say how far a cluster is filled.
type ScaleSettings struct {
	Nodes     int   `json:"nodes"`
	Open      []int `json:"open"`                // ascending numbers of open runs, each measured
	Closed    []int `json:"closed"`              // then ascending numbers of closed runs beside the most open ones
	Callers   int   `json:"callers"`             // how many fill at once
	Batch     int   `json:"batch"`               // how many runs each of their calls starts
	Repeats   int   `json:"repeats"`             // how often each restart is made
	Calls     int   `json:"calls"`               // how often each read is made
	LogBytes  int   `json:"log_bytes,omitempty"` // raft.log_bytes of the nodes; 0 = their default
	Retention bool  `json:"retention"`           // at the end closed runs are deleted
	// how long the disk must not have changed for that to be over
	Still time.Duration `json:"still_ns"`
}

// DefaultScale returns the settings for somebody who names none.
func DefaultScale() ScaleSettings {
	return ScaleSettings{Nodes: 1, Open: []int{1_000, 100_000}, Callers: 16, Batch: 250, Repeats: 3, Calls: 50, Retention: true, Still: 90 * time.Second}
}

// The limits of settings.
const (
	maxRuns     = 100_000_000
	maxRepeats  = 100
	maxCalls    = 10_000
	minLogBytes = 1 << 20
	minStill    = time.Second
	maxStill    = time.Hour
)

// Check rejects settings that cannot be measured.
func (s ScaleSettings) Check() error {
	if s.Nodes != 1 && s.Nodes != 3 {
		return mistake("nodes", "%d is neither 1 nor 3", s.Nodes)
	}
	if len(s.Open) == 0 {
		return mistake("sizes", "names no number of open runs")
	}
	for _, one := range []struct {
		flag  string
		sizes []int
	}{{"sizes", s.Open}, {"closed", s.Closed}} {
		last := 0
		for _, n := range one.sizes {
			if n <= last || n > maxRuns {
				return mistake(one.flag, "%d is not above %d and at most %d: sizes are ascending", n, last, maxRuns)
			}
			last = n
		}
	}
	for _, one := range []struct {
		flag        string
		value, most int
	}{{"callers", s.Callers, maxCallers}, {"batch", s.Batch, wire.MaxStarts}, {"repeats", s.Repeats, maxRepeats}, {"calls", s.Calls, maxCalls}} {
		if one.value < 1 || one.value > one.most {
			return mistake(one.flag, "%d is not within 1 to %d", one.value, one.most)
		}
	}
	if s.Still < minStill || s.Still > maxStill {
		return mistake("still", "%s is not within %s to %s", s.Still, minStill, maxStill)
	}
	if s.LogBytes != 0 && s.LogBytes < minLogBytes {
		return mistake("log-bytes", "%d is less than %d", s.LogBytes, minLogBytes)
	}
	return nil
}

// Sizes reads numbers of runs: 1000, 100k, 1m. Flag names the setting in what is wrong.
func Sizes(flag string, texts []string) (sizes []int, err error) {
	for _, text := range texts {
		digits, factor := strings.ToLower(strings.TrimSpace(text)), 1
		for suffix, f := range map[string]int{"k": 1_000, "m": 1_000_000} {
			if d, ok := strings.CutSuffix(digits, suffix); ok {
				digits, factor = d, f
			}
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > maxRuns/factor {
			return nil, mistake(flag, "%q is no number of runs such as 500, 100k or 1m, at most %dm", text, maxRuns/1_000_000)
		}
		sizes = append(sizes, n*factor)
	}
	return sizes, nil
}

// ScaleStep is how many runs a cluster is filled with before it is measured.
type ScaleStep struct {
	Open   int `json:"open"`
	Closed int `json:"closed"`
}

// steps lists what is measured: first the open runs, then the closed ones beside the most open.
func (s ScaleSettings) steps() (list []ScaleStep) {
	for _, n := range s.Open {
		list = append(list, ScaleStep{Open: n})
	}
	for _, n := range s.Closed {
		list = append(list, ScaleStep{Open: slices.Max(s.Open), Closed: n})
	}
	return list
}
