package gate

import "time"

// Try is one combination that ought to show a bug.
type Try struct {
	Workload string        // of the suite, or Simulation
	Faults   string        // as suite.Spec.Faults
	Length   time.Duration // of the part under faults; 0 = 8 s
	Rate     float64       // calls a second of one caller; 0 = 30
	Callers  int           // 0 = 8
	Flags    []string      // of every node
	Env      []string      // of every node
}

// Simulation is the Try.Workload that runs the state machine without processes; a Try of it has nothing else.
const Simulation = "sim"

// Bug is a planted bug, and what ought to show it: tried in turn, again and again with other seeds.
type Bug struct {
	Name  string
	What  string // is wrong, for people
	Tries []Try
}

func under(workload, faults string) Try { return Try{Workload: workload, Faults: faults} }

// Bugs lists all bugs of internal/seeded.
func Bugs() []Bug {
	busy := func(t Try) Try { t.Rate, t.Callers = 200, 16; return t }
	dense := func(t Try) Try { t.Rate, t.Callers = 200, 3; return t } // few callers have few types, which they meet at
	return []Bug{
		{"ack-before-commit", "a signal is answered as soon as its command waits for the log", []Try{under("signals", "kill-leader"), under("signals", "process")}},
		{"unknown-as-retry", "an entry whose leader was lost counts as not made", []Try{busy(under("signals", "kill-leader")), dense(under("catalog", "kill-leader")), dense(under("catalog", "isolate-leader"))}},
		{"swapped-results", "callers that share an entry get each other's answers", []Try{busy(under("catalog", "none")), busy(under("signals", "none"))}},
		{"read-no-barrier", "a leader reads without asking whether it still leads", []Try{dense(under("catalog", "isolate-leader")), dense(under("catalog", "freeze-leader"))}},
		{"follower-reads", "a follower answers linearizable reads from its own state", []Try{dense(under("catalog", "isolate-one")), dense(under("catalog", "network"))}},
		{"min-index-ignored", "a stale read does not wait for the index it was to wait for", []Try{busy(under("catalog", "none")), busy(under("catalog", "network"))}},
		{"route-cached", "starts use the route as it was up to a second ago", []Try{under("pins", "none"), under("pins", "leadership")}},
		{"forward-new-id", "a node that passes a call on gives it a request id of its own", []Try{under("idempotency", "none"), under("idempotency", "process")}},
		{"log-time-back", "a new leader's log time begins wherever its clock stands", []Try{under("timers", "transfers"), under("progress", "transfers"), {Workload: Simulation}}},
		{"blob-unsynced", "an archive counts as kept before it is on the disk", []Try{under("pins", "kill-all"), under("pins", "power-loss")}},
		{"unload-check-first", "pins are looked at before the log, not in the step that unloads", []Try{busy(under("pins", "none")), under("pins", "process")}},

		{"expect-ignored", "route --expect is not looked at", []Try{dense(under("catalog", "none")), {Workload: Simulation}}},
		{"clock-in-apply", "an entry's time is the clock of the node that applies it", []Try{under("timers", "none")}},
		{"order-in-apply", "changed runs are stored in the order of a map", []Try{under("timers", "none")}},
		{"silent-divergence", "now and then a node refuses a route alone, and digests cover nothing", []Try{dense(under("catalog", "transfers")), {Workload: Simulation}}},
		{"index-behind", "the applied index is not in the entry's own batch", []Try{under("timers", "rolling-restart"), {Workload: Simulation}}},
		{"child-pin-lost", "a child is thought to be pinned by its parent", []Try{under("pins", "none"), {Workload: Simulation}}},
		{"paused-pin-lost", "a paused run does not pin", []Try{under("pins", "none"), {Workload: Simulation}}},
		{"pin-after-turn", "a run pins only once it has recorded a turn", []Try{under("pins", "none"), under("pins", "process"), {Workload: Simulation}}},
		{"request-forgotten", "starts are not remembered under their request id", []Try{under("idempotency", "none"), {Workload: Simulation}}},
		{"snapshot-requests", "snapshots lack the table of request ids", []Try{under("idempotency", "snapshot"), {Workload: Simulation}}},
		{"snapshot-timers", "snapshots lack the index of timers", []Try{under("timers", "snapshot"), {Workload: Simulation}}},
		{"restore-keeps-hot", "a restored state goes on with the catalog in memory", []Try{under("catalog", "snapshot"), {Workload: Simulation}}},
		{"turn-fence", "a turn is proposed again when its answer is slow, and is not fenced by its number", []Try{under("progress", "none"), {Workload: Simulation}}},
		{"turn-after-close", "a turn of a closed run is recorded all the same", []Try{under("children", "none"), under("children", "process"), {Workload: Simulation}}},
		{"twice-open", "a workflow id that is open can be started again", []Try{under("children", "none"), under("idempotency", "none"), {Workload: Simulation}}},
		{"timer-early", "timers fire by a clock that is ahead, and apply does not look", []Try{under("timers", "none")}},
		{"timer-twice", "two nodes fire, and apply does not look whether the timer is armed", []Try{under("timers", "none")}},
		{"signal-twice", "a repeated signal is appended again", []Try{under("signals", "process"), under("idempotency", "none")}},
		{"signal-missed", "a turn counts as having seen what came while it was made", []Try{busy(under("signals", "none")), {Workload: Simulation}}},
		{"continue-loses", "continue-as-new drops signals that were not read", []Try{busy(under("signals", "none")), {Workload: Simulation}}},
		{"parent-forgets", "the end of a parent leaves its children alone", []Try{under("children", "none"), {Workload: Simulation}}},
		{"child-untold", "a parent is not told of a child that failed", []Try{under("children", "none"), {Workload: Simulation}}},
		{"lease-fence", "the result of an attempt whose lease was lost counts", []Try{under("workers", "none"), under("workers", "process"), {Workload: Simulation}}},
		{"attempt-reused", "an attempt after a lost lease has the number of the one before", []Try{under("workers", "none"), {Workload: Simulation}}},
		{"attempts-unbounded", "retries go on beyond max_attempts", []Try{under("workers", "none"), {Workload: Simulation}}},
		{"schedule-twice", "a fire is proposed again when its answer is slow, and is not fenced by its time", []Try{under("schedules", "none"), under("schedules", "process")}},

		{"timer-lost", "a new leader forgets timers that came due while nobody led", []Try{under("timers", "kill-leader"), under("timers", "kill-all")}},
		{"cursor-kept", "a new leader looks only at runs that become ready from now on", []Try{under("timers", "kill-leader"), under("timers", "transfers")}},
		{"schedule-lost", "a new leader leaves out fires that came due while nobody led", []Try{under("schedules", "kill-leader"), under("schedules", "process")}},
	}
}
