package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// View reads the state at one index. Every method answers for that same index. A method that pages
// takes a limit and a cursor and says where to go on.
type View interface {
	// In is the view of a namespace: whatever lists, counts or pages shows what is of it alone, as
	// do deploy history, event stream and version retention. What is looked up by name is found as
	// ever.
	In(space string) View
	Namespace(name string) (rows.Namespace, rows.NamespaceUse, bool)
	Namespaces(after string, limit int) []rows.Namespace                        // by name, those after after; default is not among them
	FeedIn(space string, after FeedCursor, limit int) ([]FeedEvent, FeedCursor) // as Feed

	Index() uint64             // of the newest applied entry
	Now() history.Time         // log time of that entry
	Level() uint64             // of the state; see NewestLevel
	Ends() <-chan struct{}     // closed when the state is to be closed or replaced, which waits for all Views: who uses one for long returns then
	ClusterID() string         // empty until the first node announced itself
	Catalog() *catalog.Catalog // shared and immutable: do not change it

	Deploys(typ string, limit int, before DeployCursor) ([]rows.DeployRecord, DeployCursor) // newest first
	DeployChain() catalog.Digest                                                            // of the newest act; zero: it has none
	Pins(v catalog.Version) rows.PinCounts
	PinHolders(v catalog.Version, limit int, after string) ([]PinHolder, string) // by kind, then since; the cursor is opaque
	Canary(typ string) (rows.Canary, bool)
	Canaries() []rows.Canary                                                                // by type
	VersionFacts(v catalog.Version) (rows.VersionFacts, bool)                               // false: not loaded, or loaded and the level is 0
	Ephemeral(v catalog.Version) (rows.Ephemeral, bool)                                     // false: not loaded, or it stays when its runs have closed
	VersionRetention() (rows.VersionRetention, bool)                                        // false: drained versions stay
	SpentVersions(now history.Time, limit int) (spent []catalog.Version, next history.Time) // that the rule unloads now; next = when it will unload another one, 0 = not yet known to
	Nodes() []rows.Node                                                                     // by id; shared, so not to be changed
	Demoted(id string) bool                                                                 // an operator made it a non-voter
	JoinTokens() []rows.JoinToken                                                           // by id, expired ones too
	RemovedNode(id string) (rows.RemovedNode, bool)                                         // of an id that is used up
	RemovedNodes() []string                                                                 // ids that are used up, in order
	Auth() rows.Auth                                                                        // what there is of callers beside their tokens
	Token(name string) (rows.Token, bool)
	TokenOf(hash catalog.Digest) (rows.Token, bool)       // of the SHA-256 of a secret
	Tokens(after string, limit int) []rows.Token          // by name, those after after
	Policy() ([]rows.TrustedKey, []rows.SignatureRule)    // by name, revoked ones too; by prefix
	Signatures(v catalog.Version) []rows.VersionSignature // of a loaded version, in the order in which they came
	Readiness() []rows.Readiness                          // by version, node
	Checks() []rows.Check                                 // the newest 16, oldest first, with this node's digests
	DigestReports(index uint64) []DigestReport            // what nodes reported for one of Checks, by node

	Latest(workflowID string) (history.RunID, bool) // newest run of a workflow id
	Run(id history.RunID) (rows.Run, bool)
	Events(id history.RunID, from uint64, limit int) []history.Event                // seq >= from
	Turns(id history.RunID, from uint64, limit int) []history.Turn                  // n >= from
	Logs(id history.RunID, from uint64, limit int) (lines []LogLine, logged uint64) // seq >= from that are kept, fewer than limit when they pass 1 MiB; logged = how many there were in all
	Past() *Past                                                                    // reads many histories; the caller closes it
	UnreadSignals(id history.RunID) uint64                                          // that the run has received and its code had not taken after its newest turn
	HasNews(id history.RunID) bool                                                  // its newest turn has not seen everything that wakes it; so of paused runs too
	Update(id history.RunID, update string) (history.RunID, rows.Update, bool)      // of a run, or of the nearest that it continues
	ListRuns(f RunFilter, limit int, cursor string) ([]rows.Run, string)            // newest first
	RunsTouched(after uint64) (ids []history.RunID, known bool)                     // runs that entries after the one at index after changed, an id perhaps more than once; not known when that is too long ago
	Children(parent history.RunID) []history.RunID                                  // open ones, by ordinal
	Awaits(run history.RunID) []uint64                                              // ordinals of the results of workflows that it waits for
	Awaiters(run history.RunID) []Awaiter                                           // who waits for its result, in the order in which they are told

	Ready(after ReadyCursor, limit int) ([]ReadyRun, ReadyCursor) // runs that need a turn, oldest first
	DueTimers(now history.Time, limit int) []TimerRef             // armed and due, oldest first
	NextTimer() (history.Time, bool)                              // of the first armed timer
	Request(q Request) (Result, bool)                             // what a request is answered whose key is known: its first outcome, or request_mismatch
	Feed(after FeedCursor, limit int) ([]FeedEvent, FeedCursor)   // the public event stream, oldest first
	News(after uint64) ([]News, bool)                             // the events of all streams of the entries after one; false when that is no longer remembered
	FeedStart() uint64                                            // smallest index from which Feed is complete

	Task(id history.RunID, ordinal uint64) (rows.Task, bool)
	Tasks(id history.RunID, from uint64, limit int) []rows.Task           // of one run, ordinal >= from
	Offered(queue string, activities []string) (at history.Time, ok bool) // whether the queue holds a task for one of activities, and from when on its limits let it be taken; not ok while they wait for another to end
	Offers(queue string, activities []string) uint64                      // how many tasks the queue holds for activities, whatever its limits
	OldestOffer(queue string) (at history.Time, ok bool)                  // when the oldest task that a worker may take was offered, its limits aside
	Queue(name string) (rows.Queue, bool)                                 // false: it has neither tasks nor limits
	QueuesTouched(after uint64) (names []string, known bool)              // queues that entries after the one at index after changed, a name perhaps more than once; not known when that is too long ago
	Queues(after string, limit int) []rows.Queue                          // by name, those after after
	Schedule(id string) (rows.Schedule, bool)
	Schedules(after string, limit int) []rows.Schedule                       // by id, those after after: fewer than limit when they pass 4 MiB
	DueSchedules(now history.Time, limit int) []string                       // ids of those to fire now, oldest first
	NextSchedule() (history.Time, bool)                                      // when the first schedule is due
	Jobs(after uint64, limit int) []rows.Job                                 // by id, those after after
	Started() uint64                                                         // runs that were ever started
	JobCount() uint64                                                        // how many there are
	CountRuns(f RunFilter) []RunCount                                        // by type, version and status; of f only Type, Version and Status count
	CountFound(f RunFilter, by string) (counts []FoundCount, tooMuch string) // of what f finds, exactly; by an attribute if by names one, which leaves out runs without it. tooMuch says why it is not counted
	RunQuotas() []rows.RunQuota                                              // by name
	Stops() []rows.Stop                                                      // types and versions that are stopped, in order
	StopOf(typ string, version catalog.Version) (rows.Stop, bool)            // the stop that holds runs of a type on a version

	Batch(id string) (rows.Batch, bool)
	Batches(before string, limit int) []rows.Batch                                          // newest first, those older than before
	BatchFailures(id string, from uint64, limit int) []rows.BatchFailure                    // in the order in which they happened
	RunningBatches() []string                                                               // ids, of all namespaces; shared, so not to be changed
	BatchNext(b rows.Batch, below uint64, limit int) (next []BatchAct, to uint64, end bool) // the next runs below a serial that a batch takes, and the serial below which to go on; end = there are no more
	Fingerprint(typ string) (f rows.Fingerprint, known bool)                                // of the open runs of a type that have turns; not known before level 2, and until FingerprintsWait is false
	OrderWaits() bool                                                                       // not all runs are in the index of ordered attributes yet: before level 4, and until TakeOrdered has taken them
	FingerprintsWait() bool                                                                 // open runs are still to be taken into their fingerprints, by TakeFingerprints
	Retention() []rows.Retention                                                            // by type; "" = all types without a rule of their own
	ExpiredRuns(now history.Time, limit int) []history.RunID                                // closed runs that their type's rule no longer keeps, but for those that a worker still holds a task of
	NextExpiry() (history.Time, bool)                                                       // when the first closed run expires
	RequestUse() []RequestUse                                                               // of the request table: given keys, made-up keys
	Limits() (rows.Limits, bool)                                                            // false: no node has said what they are
	FileLimits(node string) (rows.Limits, bool)                                             // what the node's file has for them
}

// RunFilter narrows ListRuns; zero fields do not.
type RunFilter struct {
	Type       string
	Status     history.Status
	Version    catalog.Version
	Attributes history.Attributes // equal values; a string also finds lists that hold it

	Parent                     string       // workflow id of the parent
	StartedFrom, StartedBefore history.Time // at or after, before; 0 = open-ended
	ClosedFrom, ClosedBefore   history.Time // likewise; both leave out open runs

	Where []rows.Condition // all of them
	Sort  rows.Sort        // by an attribute or the time of closing: only runs that have it
}

// RunCount is how many runs there are of one type, version and status, exactly.
type RunCount struct {
	Type    string
	Version catalog.Version
	Status  history.Status
	Count   uint64
}

// ReadyRun is a run that needs a turn.
type ReadyRun struct {
	RunID history.RunID
}

// ReadyCursor is a place in the ready index, which grows at its end: a run that becomes ready again
// gets a new place.
type ReadyCursor struct {
	Index uint64 // log index at which the run became ready
	N     uint32 // order within the entry
}

// DeployCursor is a place in the deploy history; the zero value is its newest end, and as a next
// cursor means that there is no more.
type DeployCursor struct {
	Index uint64
	N     uint32
}

// FeedEvent is an event of the public stream.
type FeedEvent struct {
	Index uint64        `cbor:"1,keyasint"`
	N     uint32        `cbor:"2,keyasint"`           // order within the entry
	Last  bool          `cbor:"3,keyasint,omitempty"` // the last one of its index
	Name  string        `cbor:"4,keyasint"`           // PackageLoaded RouteChanged VersionUnloaded VersionDrained CanaryStarted CanaryChanged CanaryPromoted CanaryAborted DeployRefused VersionReadinessChanged LeaderChanged MemberChanged WorkflowClosed
	Data  []byte        `cbor:"5,keyasint"`           // JSON
	RunID history.RunID `cbor:"6,keyasint,omitzero"`  // of WorkflowClosed, for those who wait for a result
}

// FeedCursor is a place in the stream.
type FeedCursor struct {
	Index uint64
	N     uint32
}
