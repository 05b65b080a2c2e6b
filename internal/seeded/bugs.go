package seeded

// Bug is the name of a planted bug.
type Bug string

// The bugs of the log and of what callers are told.
const (
	AckBeforeCommit  Bug = "ack-before-commit"  // a signal is answered as soon as its command waits for the log
	UnknownAsRetry   Bug = "unknown-as-retry"   // an entry whose leader was lost counts as not made
	SwappedResults   Bug = "swapped-results"    // callers that share an entry get each other's answers
	ReadNoBarrier    Bug = "read-no-barrier"    // reads need no barrier for 4 s after one that passed
	FollowerReads    Bug = "follower-reads"     // a follower answers linearizable reads from its own state
	MinIndexIgnored  Bug = "min-index-ignored"  // a stale read does not wait for the index it was to wait for
	RouteCached      Bug = "route-cached"       // starts use the route as it was up to a second ago
	ForwardNewID     Bug = "forward-new-id"     // a node that passes a call on gives it a request id of its own
	LogTimeBack      Bug = "log-time-back"      // a new leader's log time begins wherever its clock stands
	BlobUnsynced     Bug = "blob-unsynced"      // an archive counts as kept before it is on the disk
	RemoveUnchecked  Bug = "remove-unchecked"   // a node is removed whoever of the others answers
	DrainedRefuses   Bug = "drained-refuses"    // a drained node refuses deploys that others pass on to it, and may be elected
	ClockUnasked     Bug = "clock-unasked"      // a new leader takes its own clock for the time, however far ahead it is
	IdleKept         Bug = "idle-kept"          // connections that say nothing are let in beyond every limit
	DiskUnwatched    Bug = "disk-unwatched"     // nobody looks how much room the disk has
	WatchLate        Bug = "watch-late"         // the watchdog of a new leader waits for its first barrier
	UnloadCheckFirst Bug = "unload-check-first" // pins are looked at before the log, not in the step that unloads
)

// The bugs of who a node is, and of who counts.
const (
	JoinOther       Bug = "join-other-cluster" // the cluster's id is looked at nowhere where two nodes meet
	RemovedReturns  Bug = "removed-returns"    // that an id was removed is forgotten when it asks to be let in
	CloneAdmitted   Bug = "clone-admitted"     // a member's place goes to whoever asks for it under its id
	PromoteEarly    Bug = "promote-early"      // a node votes without having caught up, and without archives
	NonvotersCount  Bug = "nonvoters-count"    // nodes without a vote count for the majority that has an archive
	WithdrawnShifts Bug = "withdrawn-shifts"   // answers of an entry shift where a command was withdrawn
)

// The bugs of the state machine.
const (
	ExpectIgnored    Bug = "expect-ignored"     // route --expect is not looked at
	ClockInApply     Bug = "clock-in-apply"     // an entry's time is the clock of the node that applies it
	OrderInApply     Bug = "order-in-apply"     // changed runs are stored in the order of a map
	SilentDivergence Bug = "silent-divergence"  // now and then a node loses a route, and digests cover nothing
	IndexBehind      Bug = "index-behind"       // the applied index is not in the entry's own batch
	ChildPinLost     Bug = "child-pin-lost"     // a child is thought to be pinned by its parent
	PausedPinLost    Bug = "paused-pin-lost"    // a paused run does not pin
	PinAfterTurn     Bug = "pin-after-turn"     // a run pins only once it has recorded a turn
	RequestForgotten Bug = "request-forgotten"  // starts are not remembered under their request id
	SnapshotRequests Bug = "snapshot-requests"  // snapshots lack the table of request ids
	SnapshotTimers   Bug = "snapshot-timers"    // snapshots lack the index of timers
	RestoreKeepsHot  Bug = "restore-keeps-hot"  // a restored state goes on with the catalog in memory
	TurnFence        Bug = "turn-fence"         // a turn is proposed again when its answer is slow, and is not fenced by its number
	TurnAfterClose   Bug = "turn-after-close"   // a turn of a closed run is recorded all the same
	TwiceOpen        Bug = "twice-open"         // a workflow id that is open can be started again
	TimerEarly       Bug = "timer-early"        // timers fire by a clock that is ahead, and apply does not look
	TimerTwice       Bug = "timer-twice"        // two nodes fire, and apply does not look whether the timer is armed
	SignalTwice      Bug = "signal-twice"       // a repeated signal is appended again
	SignalMissed     Bug = "signal-missed"      // a turn counts as having seen what came while it was made
	ContinueLoses    Bug = "continue-loses"     // continue-as-new drops signals that were not read
	ClosedOver       Bug = "closed-over"        // a turn closes its run over signals that came while it was made
	ParentForgets    Bug = "parent-forgets"     // the end of a parent leaves its children alone
	JobSkips         Bug = "job-skips"          // a job leaves out what did not fit into the entry
	ClosedTwice      Bug = "closed-twice"       // closing a tree closes again those in it that have closed already
	DoomedTurn       Bug = "doomed-turn"        // a run whose tree is being closed goes on until the job comes to it
	BudgetIgnored    Bug = "budget-ignored"     // closing a tree does not look at what the entry may cost
	OwnerIgnored     Bug = "owner-ignored"      // a request key is everybody's, whoever sent it
	ChildUntold      Bug = "child-untold"       // a parent is not told of a child that failed
	ChildReplaced    Bug = "child-replaced"     // a child of a void turn answers for the one that took its place
	LeaseFence       Bug = "lease-fence"        // the result of an attempt whose lease was lost counts
	AttemptReused    Bug = "attempt-reused"     // an attempt after a lost lease has the number of the one before
	AttemptsUnbound  Bug = "attempts-unbounded" // retries go on beyond max_attempts
	LostUncounted    Bug = "lost-uncounted"     // leases lost do not count against max_attempts
	ScheduleTwice    Bug = "schedule-twice"     // a fire is proposed again when its answer is slow, and is not fenced by its time
)

// The bugs of what readers are shown.
const (
	ResumeSkips Bug = "resume-skips" // a stream of events that is resumed leaves out the index after the one it goes on from
	PageSkips   Bug = "page-skips"   // the next page of a listing of runs begins one row too late
	FollowLate  Bug = "follow-late"  // who waits for a history to grow is shown its newest event only
	QueryKept   Bug = "query-kept"   // a query is answered by an execution kept from the one before, whatever happened since
	FillEnd     Bug = "fill-end"     // a back-fill fires for its last time too, which is not part of it
	RandomFree  Bug = "random-free"  // ctx.random() is not seeded by the run: a replay draws other numbers
)

// The bugs of the catalog.
const (
	RollbackOnce Bug = "rollback-once" // a rollback forgets what it took the route from: a second one cannot return
)

// The bugs of the leader's loops.
const (
	TimerLost    Bug = "timer-lost"    // a new leader forgets timers that came due while nobody led
	CursorKept   Bug = "cursor-kept"   // a new leader looks only at runs that become ready from now on
	ScheduleLost Bug = "schedule-lost" // a new leader leaves out fires that came due while nobody led
)
