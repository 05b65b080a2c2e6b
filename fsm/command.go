package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Kind is the number of a command in the log. Numbers are never reused or reordered; a node that
// meets an unknown one stops.
type Kind uint8

// The commands.
const (
	KindLoadPackage    Kind = 1
	KindRouteType      Kind = 2
	KindUnrouteType    Kind = 3
	KindRollbackType   Kind = 4
	KindUnloadVersion  Kind = 5
	KindStartRun       Kind = 6
	KindSignalRun      Kind = 7
	KindRecordTurn     Kind = 8
	KindFireTimers     Kind = 9
	KindCancelRun      Kind = 10
	KindTerminateRun   Kind = 11
	KindPauseRun       Kind = 12
	KindResumeRun      Kind = 13
	KindAnnounceNode   Kind = 14
	KindRemoveNode     Kind = 15
	KindReportReady    Kind = 16
	KindReportDigest   Kind = 17
	KindAnnounceLeader Kind = 18
	KindCheck          Kind = 19
	KindLeaseTasks     Kind = 20
	KindCompleteTasks  Kind = 21
	KindFailTasks      Kind = 22
	KindBeatTasks      Kind = 23
	KindReleaseTasks   Kind = 24
	KindLimitQueue     Kind = 25
	KindReopenRun      Kind = 26
	KindPutSchedule    Kind = 27
	KindDeleteSchedule Kind = 28
	KindPauseSchedule  Kind = 29
	KindResumeSchedule Kind = 30
	KindFireSchedule   Kind = 31
	KindSetRetention   Kind = 32
	KindPurgeRuns      Kind = 33
	KindSetLimits      Kind = 34
	KindContinue       Kind = 35
	KindConfirmTime    Kind = 36
	KindRaiseLevel     Kind = 37

	KindUnloadWhenDrained   Kind = 40
	KindCancelUnload        Kind = 41
	KindSetVersionRetention Kind = 42
	KindPurgeVersions       Kind = 43

	KindSetCanary Kind = 45
	KindEndCanary Kind = 46

	KindDeploy       Kind = 50
	KindStartPackage Kind = 51

	KindMoveRun          Kind = 55
	KindTakeFingerprints Kind = 56

	KindBootstrap     Kind = 60
	KindCreateToken   Kind = 61
	KindRevokeToken   Kind = 62
	KindSetForwardKey Kind = 63

	KindRefound         Kind = 65
	KindIssueJoinToken  Kind = 70
	KindRevokeJoinToken Kind = 71
	KindSetVote         Kind = 72

	KindTrustKey          Kind = 85
	KindRevokeKey         Kind = 86
	KindSetSignatureRule  Kind = 87
	KindDropSignatureRule Kind = 88
	KindCreateNamespace   Kind = 75
	KindSetNamespace      Kind = 76
	KindDeleteNamespace   Kind = 77

	KindUpdateRun Kind = 97

	KindTakeOrdered Kind = 110
	KindStartBatch  Kind = 111
	KindStopBatch   Kind = 112
	KindActBatch    Kind = 113

	KindDeferTasks     Kind = 120
	KindReportActivity Kind = 121
	KindStopRuns       Kind = 130
	KindLiftStop       Kind = 131
	KindSetRunQuota    Kind = 132

	KindChangeNamespace Kind = 133
	KindNoteCall        Kind = 134

	KindResetRun Kind = 136
)

// Command is one mutation. Commands are plain values; everything uncertain in them (ids, digests,
// limits) was decided before the log.
type Command interface {
	// Kind returns the command's number.
	Kind() Kind
	// apply carries the command out or refuses it. A refusal has changed nothing but the record of
	// a refused deploy.
	apply(t *step) (Answer, Refusal)
}

// unreadable is implemented by commands that this build can decode and may not understand. An entry
// with one of those stops the node, like one that it cannot decode.
type unreadable interface{ unreadable() error }

// Answer is what a command that was carried out says. Each command's file names its Answer; answers
// are remembered under the request id.
type Answer interface{ answer() }

// Refusal is a command that was not carried out and changed nothing, the same on every node. The
// concrete types name the noun that caused it.
type Refusal interface {
	error
	// Code is the error code that users see, such as "version_pinned".
	Code() string
	// Facts are the further fields of the problem document.
	Facts() map[string]any
}

// Request is the caller's idempotency key for one mutation. It belongs to its Owner: the same key
// of another owner is another request. Print is the hash of everything the request says; the same
// key with another Print is refused.
type Request struct {
	ID    string         `cbor:"1,keyasint"` // 1 to 200 bytes
	Print catalog.Digest `cbor:"2,keyasint"`
	Short bool           `cbor:"3,keyasint,omitempty"` // made up by the CLI or SDK: kept 15 minutes instead of 24 hours
	Owner string         `cbor:"4,keyasint,omitempty"` // name of the token that sent it; empty = the cluster, which has no tokens
}

// Envelope is a command with who asked for it.
type Envelope struct {
	Request *Request // nil for the engine's own commands: turn numbers and timer ids fence those
	Actor   string   // whom deploy records name; empty for the engine itself
	Only    *Scope   // what the caller may touch; nil = everything, as for the engine itself
	Command Command
}

// Entry is one log entry: what the group committer gathered, stamped once with the leader's log
// time.
type Entry struct {
	At       history.Time
	Budget   uint64 // units of work after which its commands leave the rest to jobs; 0 = none does, as in entries of earlier builds
	Commands []Envelope
}

// Result is the outcome of one command of an entry: an Answer or a Refusal, never both.
type Result struct {
	Index        uint64 // log index; of the first outcome when Deduplicated
	Answer       Answer
	Refusal      Refusal
	Deduplicated bool // the request id was known: this is its first outcome, and nothing was done now
}
