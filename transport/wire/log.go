package wire

import "time"

// LogLine is a line that the code of a run logged.
type LogLine struct {
	Seq  uint64    `json:"seq" doc:"Number among all lines of the run, from 1; lines that are no longer kept are counted"`
	At   time.Time `json:"at"`
	Turn uint64    `json:"turn" doc:"Number of the turn that logged it"`
	Text string    `json:"text" doc:"The logged text"`
}

// RunLog is a part of what a run's code logged. Next is where the next part starts; 0: the run is
// closed and has no more lines. If a run logs more than is kept, its oldest lines are dropped.
type RunLog struct {
	Lines  []LogLine `json:"lines" doc:"In the order in which they were logged"`
	Logged uint64    `json:"logged" doc:"Number of lines logged, including those no longer kept"`
	Next   uint64    `json:"next,omitempty"`
	Indexed
}
