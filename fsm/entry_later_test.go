package fsm

import "aion.dev/aion/fsm/history"

func taskLaterCommands() []Command {
	run := history.RunID{1}
	return []Command{
		&DeferTasks{Tokens: []TaskToken{{RunID: run, ID: 2, Attempt: 3}}},
		&ReportActivity{RunID: run, ID: 2, Attempt: 3, Beat: true, Error: &history.RunError{Kind: "no", Message: "m"}, Output: history.Payload("1"), Details: history.Payload("2"), Jitter: 4},
	}
}
