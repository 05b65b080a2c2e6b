package rows

// The families. A key is the letter of its family (1 byte) and fixed-width big-endian numbers, so
// that bytewise order is the order in which rows are wanted. Runs are known inside by their serial,
// the order in which they started: 8 bytes instead of 16, and a new run's rows lie side by side at
// the end of each family instead of all over it. docs/STATE.md lists every family with its value;
// letters are never reused for something else.
const (
	FamilyMeta      = 'm' // -> Meta
	FamilyPackage   = 'c' // version -> catalog.Package
	FamilyRoute     = 'o' // type -> catalog.Route
	FamilyDeploy    = 'h' // index, n -> DeployRecord
	FamilyFeed      = 'f' // index, n -> event of the public stream
	FamilyRequest   = 'q' // request id -> UnownedRequest; written by builds without owners
	FamilyExpiry    = 'u' // short or long, number -> request id; likewise
	FamilyNode      = 'n' // node id -> Node
	FamilyRemoved   = 'X' // node id -> RemovedNode
	FamilyReadiness = 'y' // version, node id -> Readiness
	FamilyReport    = 'd' // index of a check, node id -> digest
	FamilyLevel     = 'Y' // -> Level
	FamilyFacts     = 'M' // version -> VersionFacts
	FamilyCanary    = 'B' // type -> Canary
	FamilySpent     = 'W' // -> VersionRetention
	FamilyEphemeral = 'Z' // version -> Ephemeral

	FamilyMembership = '4' // j, id -> JoinToken; v, node id -> DemotedNode
	FamilyToken      = '1' // name -> Token
	FamilyAuth       = '2' // -> Auth
	FamilyPolicy     = '8' // k, name -> TrustedKey; r, prefix -> SignatureRule
	FamilySignatures = '9' // version -> VersionSignatures

	FamilyStop  = '-' // s, t, type or s, v, version -> Stop; q, type or empty name of a namespace -> RunQuota
	FamilyBatch = ',' // b, batch id -> Batch; f, batch id, 0, n (8) -> BatchFailure

	FamilySpace    = '5' // n, name -> Namespace; u, name -> NamespaceUse
	FamilySpaceRun = '6' // namespace (behind its length, 1), serial ->; 0, first serial of other namespaces' runs -> last
	FamilySpaceLog = '7' // namespace (behind its length, 1), h or f, index, n -> DeployRecord or event of its stream

	FamilyFingerprint = 'E' // type, 0, version -> Fingerprint; nothing -> FingerprintsDone

	FamilyRunID     = 'i' // run id -> serial
	FamilyRun       = 'r' // serial -> RunRow
	FamilyEvent     = 'e' // serial, seq -> event
	FamilyTurn      = 't' // serial, n -> history.Turn
	FamilyUpdate    = '3' // serial, update id -> Update
	FamilyLog       = 'D' // serial, number of its last line -> LogBlock: what a turn logged
	FamilyLatest    = 'w' // workflow id -> run id of its newest run
	FamilyByType    = 'T' // type, 0, serial ->
	FamilyByStatus  = 'S' // status, serial ->
	FamilyByVersion = 'V' // version, serial ->

	FamilyPinCount = 'a' // version -> PinCounts
	FamilyPage     = 'b' // version, kind, page -> holders on it
	FamilyPin      = 'p' // version, kind, number -> serial, since
	FamilyReady    = 'x' // index, n -> run id
	FamilyTimer    = 'g' // fire at, serial, id -> run id
	FamilyArmed    = 'j' // serial, id -> fire at
	FamilyAwait    = 'H' // a, serial, ordinal -> line: whose result the run waits for; l, line, serial, ordinal ->: who waits
	FamilyChild    = 'k' // serial of the parent, ordinal -> run id of the child, awaited

	FamilyTask      = 'v' // serial, ordinal -> Task: an activity that has no outcome yet, or whose worker does not know yet that it is given up
	FamilyOffer     = 'l' // queue, activity (each behind its length, 2 bytes), index, n -> run id, ordinal: tasks that a worker may take, oldest first
	FamilyLane      = 'L' // queue, activity (as above) -> Lane: how many offers there are, and the place before which there are none
	FamilyQueue     = 'z' // queue -> Queue: its limits and counts
	FamilySchedule  = 's' // schedule id -> ScheduleRow
	FamilyInput     = 'I' // schedule id -> ScheduleInput, of those whose row is of the second layout
	FamilyFire      = 'F' // next fire time, schedule id ->
	FamilyAttribute = 'A' // term of a name and a value (16 bytes), serial ->
	FamilyOrdered   = '+' // a, term of a namespace and a name (16 bytes), place of the value, serial -> (order.go); d -> FingerprintsDone
	FamilyByParent  = 'P' // term of the parent's workflow id (16 bytes), serial ->
	FamilyCount     = 'N' // type, 0, version, status -> number of runs
	FamilyClosed    = 'C' // type, 0, closed at, serial -> run id
	FamilyJob       = 'J' // job id -> Job
	FamilyLine      = 'K' // job id, place -> run id: closed runs that the job is to clear up after
	FamilyRetention = 'R' // type (empty = all others) -> how long closed runs are kept

	FamilyRemembered = 'Q' // hash of owner and request key -> Remembered
	FamilyForget     = 'U' // class, second, hash -> owner: request keys in the order in which they expire
	FamilyOwner      = 'O' // owner -> what it holds of the request table
	FamilyLimits     = 'G' // nothing -> Limits; node id -> Limits that its file has
)

// Families is how many letters a key can start with.
const Families = 128
