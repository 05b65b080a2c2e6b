package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func retentionCommands() []Command {
	return []Command{
		&SetRetention{Rule: rows.Retention{Type: "order", Age: 5e9}, Remove: true},
		&PurgeRuns{Runs: []history.RunID{{1, 2, 3}, {4, 5, 6}}},
	}
}
