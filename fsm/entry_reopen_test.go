package fsm

import "aion.dev/aion/fsm/history"

// reopenCommands is the one kind with every field set.
func reopenCommands() []Command {
	return []Command{&ReopenRun{
		Run: RunRef{WorkflowID: "order-1", RunID: history.RunID{1, 2, 3}}, Reason: "mended", Events: 9, Turn: 3, Forget: []uint64{2}, Again: []Again{{ID: 1, Seq: 2}, {ID: 2, Seq: 4}},
	}}
}
