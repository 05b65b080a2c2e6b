package engine

import (
	"context"
	"time"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// API is everything that callers can ask of a node. *Engine implements it; transport serves it. Errors are refusals (types with Code and Facts, by the
// state machine or by validation before the log) or *NotLeader, *NoQuorum, *Unavailable, *Unknown. Mutations and linearizable reads work on the leader
// only; stale reads anywhere.
//
// Every mutation looks its request id up itself, before any check that depends on state, and answers the first outcome: callers just call. Prefixes of
// versions are resolved by the state machine. Lists that page take limit 0 as their default and refuse absurd limits and cursors as *catalog.InvalidInput.
type API interface {
	LoadPackage(ctx context.Context, r LoadRequest) (*fsm.LoadAnswer, Answered, error)
	Versions(ctx context.Context, rd Read, typ string) ([]VersionRow, uint64, error)
	ShowVersion(ctx context.Context, rd Read, typ, version string) (*Shown, error)
	Route(ctx context.Context, c Call, cmd fsm.RouteType) (*fsm.RouteAnswer, Answered, error)
	Unroute(ctx context.Context, c Call, cmd fsm.UnrouteType) (*fsm.RouteAnswer, Answered, error)
	Rollback(ctx context.Context, c Call, cmd fsm.RollbackType) (*fsm.RouteAnswer, Answered, error)
	Unload(ctx context.Context, c Call, cmd fsm.UnloadVersion) (*fsm.UnloadAnswer, Answered, error)
	Pins(ctx context.Context, rd Read, typ, version string, limit int, cursor string) (*Pins, error)
	Deploys(ctx context.Context, rd Read, typ string, limit int, cursor string) ([]fsm.DeployRecord, string, uint64, error)

	Start(ctx context.Context, r StartRequest) (*fsm.StartAnswer, Answered, error)
	Result(ctx context.Context, rd Read, ref fsm.RunRef, wait time.Duration) (*Result, error)                                                                        // open runs answer after wait, with an open Status
	Describe(ctx context.Context, rd Read, ref fsm.RunRef, limit int) (*Description, error)                                                                          // limit: of the pending activities listed
	History(ctx context.Context, rd Read, ref fsm.RunRef, from uint64, limit int, wait time.Duration) (events []history.Event, next uint64, index uint64, err error) // wait: at the end of an open run's history, wait for more; next 0 = closed and no more
	Logs(ctx context.Context, rd Read, ref fsm.RunRef, from uint64, limit int, wait time.Duration) (*RunLog, error)                                                  // wait: as History
	List(ctx context.Context, rd Read, f fsm.RunFilter, versionRef string, limit int, cursor string) ([]fsm.Run, string, uint64, error)
	Signal(ctx context.Context, c Call, ref fsm.RunRef, name string, payload history.Payload) (*fsm.RunAnswer, Answered, error)
	Query(ctx context.Context, rd Read, ref fsm.RunRef, name string, args history.Payload) (history.Payload, uint64, error)
	Cancel(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error)
	Terminate(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error)
	Pause(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error)
	Resume(ctx context.Context, c Call, ref fsm.RunRef) (*fsm.RunAnswer, Answered, error)

	Reopen(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error)
	Count(ctx context.Context, rd Read, f fsm.RunFilter, versionRef string) ([]fsm.RunCount, uint64, error)

	// Workers.
	Poll(ctx context.Context, r PollRequest, wait time.Duration) ([]WorkerTask, uint64, error)
	CompleteTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error)
	FailTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error)
	BeatTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error)
	ReleaseTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error)
	Queues(ctx context.Context, rd Read, limit int, cursor string) ([]fsm.Queue, string, uint64, error)
	Queue(ctx context.Context, rd Read, name string) (fsm.Queue, uint64, error)
	LimitQueue(ctx context.Context, c Call, name string, l fsm.QueueLimits) (Answered, error)

	PutSchedule(ctx context.Context, c Call, s fsm.Schedule, replace bool) (*fsm.ScheduleAnswer, Answered, error)
	DeleteSchedule(ctx context.Context, c Call, id string) (*fsm.ScheduleAnswer, Answered, error)
	PauseSchedule(ctx context.Context, c Call, id, reason string) (*fsm.ScheduleAnswer, Answered, error)
	ResumeSchedule(ctx context.Context, c Call, id string) (*fsm.ScheduleAnswer, Answered, error)
	TriggerSchedule(ctx context.Context, c Call, id string, overlap *fsm.Overlap) (*fsm.ScheduleAnswer, Answered, error)
	BackfillSchedule(ctx context.Context, c Call, id string, from, to time.Time, overlap *fsm.Overlap) (*fsm.ScheduleAnswer, Answered, error)
	Schedule(ctx context.Context, rd Read, id string) (*fsm.Schedule, []time.Time, uint64, error)
	Schedules(ctx context.Context, rd Read, limit int, cursor string) ([]fsm.Schedule, string, uint64, error)
	WorkflowIDs(ids []history.RunID) []string // of this node's state; "" = deleted

	ConfirmTime(ctx context.Context, c Call, at time.Time) (*fsm.TimeAnswer, Answered, error)
	SetRetention(ctx context.Context, c Call, typ string, age time.Duration) (Answered, error)
	RemoveRetention(ctx context.Context, c Call, typ string) (Answered, error)
	Retention(ctx context.Context, rd Read) ([]fsm.Retention, uint64, error)
	Jobs(ctx context.Context, rd Read) ([]fsm.Job, uint64, error)

	// Feed returns public events after the cursor, waiting up to wait for the first.
	Feed(ctx context.Context, after fsm.FeedCursor, limit int, wait time.Duration) ([]fsm.FeedEvent, fsm.FeedCursor, error)
}
