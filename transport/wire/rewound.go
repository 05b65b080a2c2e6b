package wire

import (
	"encoding/json"
	"time"
)

// Rewound is a page of what a run did, turn by turn.
type Rewound struct {
	WorkflowID string        `json:"workflow_id" ns:"name"`
	RunID      string        `json:"run_id"`
	Version    string        `json:"version" ns:"version" doc:"On whose code it was replayed"`
	Turns      []RewoundTurn `json:"turns" doc:"In their order, from from on"`
	Total      uint64        `json:"total" doc:"Turns that the run has taken"`
	Next       uint64        `json:"next,omitempty" doc:"Where the next page starts; absent: there are no more so far"`
	Indexed
}

// RewoundTurn is one turn: what it had seen, what its code asked for, and where the code waited
// then.
type RewoundTurn struct {
	Turn    uint64         `json:"turn" doc:"1, 2, 3 and so on"`
	Through uint64         `json:"through" doc:"The newest event that it had seen"`
	At      time.Time      `json:"at"`
	Seen    []RewoundEvent `json:"seen" doc:"Events that came since the turn before"`
	Asked   []RewoundEvent `json:"asked" doc:"Events that the code asked for"`
	Stacks  []CodeStack    `json:"stacks" doc:"Where the code waited after the turn; none if it has ended"`
	Ended   bool           `json:"ended,omitempty" doc:"The code has ended"`
	Void    bool           `json:"void,omitempty" doc:"A reopening made it void: the code is not shown it"`
	Problem string         `json:"problem,omitempty" ns:"text" doc:"The code does not follow the record, and where"`
}

// RewoundEvent is an event that a turn saw or asked for.
type RewoundEvent struct {
	Seq  uint64          `json:"seq"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// CodeStack is one part of the code that waits.
type CodeStack struct {
	Name   string      `json:"name" doc:"Which part of the code: its main function, or a handler"`
	Frames []CodeFrame `json:"frames" doc:"The innermost call last"`
}

// CodeFrame is a call under way.
type CodeFrame struct {
	At       string      `json:"at" doc:"Module, line and column, such as order.star:12:9"`
	Function string      `json:"function" doc:"Name of the function"`
	Source   string      `json:"source" doc:"The line of source"`
	Locals   []CodeLocal `json:"locals" doc:"Its variables"`
}

// CodeLocal is a variable.
type CodeLocal struct {
	Name  string `json:"name"`
	Value string `json:"value" doc:"As code writes it"`
}
