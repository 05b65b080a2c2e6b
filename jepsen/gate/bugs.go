package gate

// Bug is a planted bug, and the runs that should reveal it.
type Bug struct {
	Name string
	What string // what is wrong, for people
	Sim  bool   // it is in the state machine, so the simulation can find it as well
	// runs of clusters that can find it: tried in turn, the most likely first, again and again with
	// other seeds
	Tries []Try
}

// Bugs lists all planted bugs: those of package bugs, in the order of the gate's table.
func Bugs() []Bug {
	return []Bug{
		{"ack-before-commit", "a signal is answered as soon as its command waits for the log", false, []Try{under("signals", "kill-leader"), under("signals", "process")}},
		{"unknown-as-retry", "an entry whose leader was lost counts as not made", false, []Try{busy(under("signals", "kill-leader")), dense(under("catalog", "kill-leader")), dense(under("catalog", "isolate-leader"))}},
		{"swapped-results", "callers that share an entry get each other's answers", false, []Try{busy(under("catalog", "none")), busy(under("signals", "none"))}},
		{"read-unconfirmed", "reads are not confirmed for 4 s after one that was: longer than an election takes", false, []Try{long(dense(under("catalog", "isolate-leader"))), long(dense(under("catalog", "raft-only")))}},
		{"follower-reads", "a follower answers linearizable reads from its own state", false, []Try{dense(under("catalog", "isolate-one")), dense(under("catalog", "network"))}},
		{"min-index-ignored", "a stale read does not wait for the index it was to wait for", false, []Try{busy(under("catalog", "none")), busy(under("readers", "none")), busy(under("catalog", "network"))}},
		{"route-cached", "starts use the route as it was up to a second ago", false, []Try{under("pins", "none"), under("pins", "leadership")}},
		{"forward-new-id", "a node that passes a call on gives it a request id of its own", false, []Try{under("idempotency", "none"), under("idempotency", "process")}},
		{"batch-shifts", "starts of one call that follow a refused one get each other's answers", false, []Try{under("idempotency", "none"), under("idempotency", "process")}},
		{"hot-new-id", "a node that forwards a call over the hot face leaves its request id behind", false, []Try{hot(under("idempotency", "none")), hot(under("idempotency", "process"))}},
		{"hot-crossed", "answers that leave in one message of the hot face are told to each other's callers", false, []Try{hot(busy(under("signals", "none"))), hot(busy(under("idempotency", "none")))}},
		{"hot-early", "a signal over the hot face is answered before it is in the log", false, []Try{hot(under("signals", "kill-leader")), hot(under("signals", "process"))}},
		{"log-time-back", "a new leader's log time begins wherever its clock stands", true, []Try{under("timers", "transfers"), under("progress", "transfers")}},
		{"blob-unsynced", "an archive counts as kept before it is on the disk", false, []Try{under("catalog", "power-loss"), long(under("pins", "power-loss"))}},
		{"leader-disk-late", "a leader applies and answers what is not on its own disk yet", false, []Try{under("signals", "power-unwritten"), under("catalog", "power-unwritten")}},
		{"commit-told-early", "followers hear that what a leader's own disk lacks is committed", false, []Try{under("signals", "power-unwritten"), under("catalog", "power-unwritten")}},
		{"clock-unasked", "a new leader takes its own clock for the time, however far ahead it is", false, []Try{under("schedules", "clock-boot"), dense(under("idempotency", "clock-boot"))}},
		{"unload-check-first", "pins are looked at before the log, not in the step that unloads", true, []Try{busy(under("pins", "none")), under("pins", "process")}},
		{"remove-unchecked", "a node is removed whoever of the others answers", false, []Try{under("catalog", "remove-two"), under("signals", "remove-two")}},
		{"idle-kept", "connections that say nothing are let in beyond every limit", false, []Try{long(under("signals", "idle-callers")), long(under("catalog", "idle-callers"))}},
		{"disk-unwatched", "nobody looks how much room the disk has", false, []Try{long(under("signals", "disk-low")), long(under("catalog", "disk-low"))}},
		{"watch-late", "the watchdog of a new leader waits for its first barrier", false, []Try{longer(under("signals", "state-stall")), longer(under("timers", "state-stall"))}},
		{"hurries-alone", "who finds the leader's process gone takes its place without asking the others", false, []Try{under("catalog", "refused-one"), under("signals", "refused-one")}},
		{"drained-refuses", "a drained node refuses deploys that others pass on to it, and may lead", false, []Try{under("catalog", "drain"), under("signals", "drain")}},

		{"join-other-cluster", "the cluster's id is looked at nowhere where two nodes meet", false, []Try{under("signals", "two-clusters"), under("catalog", "two-clusters")}},
		{"removed-returns", "that an id was removed is forgotten when it asks to be let in", false, []Try{under("signals", "reuse"), under("catalog", "reuse")}},
		{"clone-admitted", "a member's place goes to whoever asks for it under its id", false, []Try{under("signals", "clone"), under("catalog", "clone")}},
		{"promote-early", "a node votes without having caught up, and without archives", false, []Try{under("signals", "joiner-lags"), under("catalog", "joiner-lacks")}},
		{"nonvoters-count", "nodes without a vote count for the majority that has an archive", false, []Try{under("signals", "joiner-lags"), under("pins", "joiner-lags")}},
		{"withdrawn-shifts", "answers of an entry shift where a command was withdrawn", false, []Try{busy(under("signals", "give-up")), busy(under("catalog", "give-up"))}},

		{"chain-skips", "an act that changes no route is not followed by the next one in the chain of deploys", true, []Try{dense(under("catalog", "none")), dense(under("catalog", "process"))}},
		{"half-applied", "of a deployment that is refused the changes before the refused one stay", true, []Try{dense(under("deployments", "none")), dense(under("deployments", "process"))}},
		{"deployment-unconditional", "the conditions of a deployment are not looked at", true, []Try{dense(under("deployments", "none")), dense(under("deployments", "transfers"))}},
		{"expect-ignored", "route --expect is not looked at", true, []Try{dense(under("catalog", "none"))}},
		{"clock-in-apply", "an entry's time is the clock of the node that applies it", true, []Try{under("timers", "none")}},
		{"order-in-apply", "changed runs are stored in the order of a map", true, []Try{under("timers", "none")}},
		{"silent-divergence", "now and then a node refuses a route alone, and digests cover nothing", true, []Try{dense(under("catalog", "transfers"))}},
		{"index-behind", "the applied index is not in the entry's own batch", true, []Try{under("idempotency", "snapshots"), under("timers", "snapshots")}},
		{"child-pin-lost", "a child is thought to be pinned by its parent", true, []Try{under("pins", "none")}},
		{"paused-pin-lost", "a paused run does not pin", true, []Try{under("pins", "none")}},
		{"pin-after-turn", "a run pins only once it has recorded a turn", true, []Try{under("pins", "none"), under("pins", "process")}},
		{"request-forgotten", "starts are not remembered under their request id", true, []Try{under("idempotency", "none")}},
		{"snapshot-requests", "snapshots lack the table of request ids", true, []Try{under("idempotency", "snapshots")}},
		{"snapshot-timers", "snapshots lack the index of timers", true, []Try{long(under("timers", "snapshots+transfers"))}},
		{"restore-keeps-hot", "a restored state goes on with the catalog in memory", true, []Try{under("catalog", "snapshots")}},
		{"filter-forgets", "a restored state, or one of a node that starts, takes keys that it had for new ones", true, []Try{under("idempotency", "process"), under("idempotency", "snapshots")}},
		{"turn-fence", "a turn is proposed again when its answer is slow, and is not fenced by its number", true, []Try{under("progress", "none"), under("timers", "none")}},
		{"turn-after-close", "a turn of a closed run is recorded all the same", true, []Try{under("children", "none"), under("children", "process")}},
		{"foreseen-version", "the first turn of a run counts whatever version its code was", true, []Try{busy(under("pins", "none")), under("pins", "none")}},
		{"foreseen-unchecked", "a turn that was made ahead counts whatever happened instead of what it foresaw", true, []Try{busy(under("signals", "none")), under("signals", "none"), under("workers", "none")}},
		{"twice-open", "a workflow id that is open can be started again", true, []Try{under("idempotency", "none")}},
		{"timer-early", "timers fire by a clock that is ahead, and apply does not look", true, []Try{under("timers", "none")}},
		{"timer-twice", "two nodes fire, and apply does not look whether the timer is armed", true, []Try{under("timers", "none")}},
		{"signal-twice", "a repeated signal is appended again", true, []Try{under("signals", "process"), under("idempotency", "none")}},
		{"signal-missed", "a turn counts as having seen what came while it was made", true, []Try{busy(under("signals", "none"))}},
		{"closed-over", "a turn closes its run over signals that came while it was made", true, []Try{busy(under("signals", "none"))}},
		{"continue-loses", "continue-as-new drops signals that were not read", true, []Try{busy(under("signals", "none"))}},
		{"carried-once", "a run that continues as new hands on what it received itself, and loses what it had from the run before", true, []Try{under("signals", "none"), busy(under("signals", "none"))}},
		{"parent-forgets", "the end of a parent leaves its children alone", true, []Try{under("children", "none")}},
		{"job-skips", "closing a tree leaves out what did not fit into the entry", true, []Try{under("children", "none")}},
		{"closed-twice", "closing a tree closes again those in it that have closed already", true, []Try{busy(under("children", "none")), under("children", "process")}},
		{"doomed-turn", "a run whose tree is being closed goes on until the job comes to it", true, []Try{busy(under("children", "none")), under("children", "process")}},
		{"budget-ignored", "closing a tree does not look at what the entry may cost", true, nil},
		{"owner-ignored", "a request key is everybody's, whoever sent it", true, nil},
		{"child-untold", "a parent is not told of a child that failed", true, []Try{under("children", "none")}},
		{"child-replaced", "a child of a void turn answers for the one that took its place", true, nil},
		{"lease-fence", "the result of an attempt whose lease was lost counts", true, []Try{under("workers", "none"), under("workers", "process")}},
		{"attempt-reused", "an attempt after a lost lease has the number of the one before", true, []Try{under("workers", "none")}},
		{"attempts-unbounded", "retries go on beyond max_attempts", true, []Try{under("workers", "none")}},
		{"lost-uncounted", "leases lost do not count against max_attempts", true, []Try{under("workers", "none"), under("workers", "process")}},
		{"input-kept", "a schedule that is put again keeps the input that it had", true, nil},
		{"schedule-twice", "a fire is proposed again when its answer is slow, and is not fenced by its time", true, []Try{under("schedules", "none"), under("schedules", "process")}},

		{"resume-skips", "a stream of events that is resumed leaves out the index after the one it goes on from", false, []Try{busy(under("readers", "none")), under("readers", "network")}},
		{"page-skips", "the next page of a listing of runs begins one row too late", true, []Try{under("readers", "none")}},
		{"follow-late", "who waits for a history to grow is shown its newest event only", false, []Try{busy(under("readers", "none"))}},
		{"query-kept", "a query is answered by an execution kept from the one before, whatever happened since", false, []Try{under("readers", "none")}},
		{"backtest-skims", "a backtest overlooks what a candidate asks for in addition to what was recorded", false, []Try{under("readers", "none")}},
		{"fill-end", "a back-fill fires for its last time too, which is not part of it", false, []Try{under("readers", "none")}},
		{"random-free", "ctx.random() is not seeded by the run: a replay draws other numbers", false, []Try{under("readers", "process"), under("readers", "none")}},
		{"rollback-once", "a rollback forgets what it took the route from: a second one cannot return", true, []Try{dense(under("catalog", "none"))}},

		{"timer-lost", "a new leader forgets timers that came due while nobody led", false, []Try{under("timers", "isolate-leader"), under("timers", "kill-leader"), under("timers", "kill-all")}},
		{"cursor-kept", "a new leader looks only at runs that become ready from now on", false, []Try{under("timers", "isolate-leader"), under("timers", "kill-leader"), under("timers", "transfers")}},
		{"schedule-lost", "a new leader leaves out fires that came due while nobody led", false, []Try{under("schedules", "isolate-leader"), under("schedules", "kill-leader"), under("schedules", "process")}},
	}
}
