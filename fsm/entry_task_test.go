package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// taskCommands is one of each kind with every field set.
func taskCommands() []Command {
	token := TaskToken{RunID: history.RunID{1, 2, 3}, ID: 2, Attempt: 3}
	failure := history.RunError{Kind: "declined", Message: "no", Details: history.Payload("[1]"), Retryable: true}
	return []Command{
		&FireTimers{Timers: []TimerRef{{FireAt: 5, RunID: token.RunID, ID: 1}}, Jitter: 7},
		&LeaseTasks{Queue: "default", Activities: []string{"charge", "ship"}, Worker: "w1", Max: 10, Lease: 30e9, Named: true},
		&CompleteTasks{Results: []TaskOutput{{Token: token, Output: history.Payload(`{"ok":true}`)}}},
		&FailTasks{Results: []TaskFailure{{Token: token, Error: failure, Jitter: 7}}},
		&BeatTasks{Beats: []TaskBeat{{Token: token, Details: history.Payload("2")}}},
		&ReleaseTasks{Tokens: []TaskToken{token}},
		&LimitQueue{Queue: "default", Limits: rows.QueueLimits{Concurrency: 1, Rate: 2, Per: 3e9, Burst: 4}},
	}
}
