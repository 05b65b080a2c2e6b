package sim

import "time"

// Stats counts what a world did. Steps counts those that found something to do.
type Stats struct {
	Worlds, Steps, Idle                             int
	Applied, Commands                               int // entries, and commands in them, over all replicas
	Elections, Survivors, Crashes, Snapshots        int
	Installs, Unknown, Repeated, Acknowledged, Runs int
	Flows                                           int // turns made by real code
	// turns made ahead of what they follow from: recorded, and refused
	Foreseen, InVain int
	// events compared with the model at once; whole nodes compared; recounts
	Compared, Looks, Audits int
	Jobs                    int // jobs begun: trees that one entry did not close
	// calls for whose keys the request table had no room
	Full      int
	Simulated time.Duration // log time that passed
	Kinds     [160]int      // commands judged, by kind
	Refused   [160]int      // how many of these were refused
}

// Add adds the counts of o.
func (s *Stats) Add(o Stats) {
	s.Worlds += o.Worlds
	s.Steps += o.Steps
	s.Idle += o.Idle
	s.Applied += o.Applied
	s.Commands += o.Commands
	s.Elections += o.Elections
	s.Survivors += o.Survivors
	s.Crashes += o.Crashes
	s.Snapshots += o.Snapshots
	s.Installs += o.Installs
	s.Unknown += o.Unknown
	s.Repeated += o.Repeated
	s.Acknowledged += o.Acknowledged
	s.Runs += o.Runs
	s.Flows += o.Flows
	s.Foreseen += o.Foreseen
	s.InVain += o.InVain
	s.Compared += o.Compared
	s.Looks += o.Looks
	s.Audits += o.Audits
	s.Jobs += o.Jobs
	s.Full += o.Full
	s.Simulated += o.Simulated
	for i := range s.Kinds {
		s.Kinds[i] += o.Kinds[i]
		s.Refused[i] += o.Refused[i]
	}
}
