package history

// WorkflowReset begins what a run does by itself: all events before it were copied, byte for byte,
// from another run, whose turns up to Turn its code had made. WorkflowStarted among them tells who
// code believes to be: its run id, its random numbers and what it asked for follow from that one.
// This event tells who the run is. Ordinals, turns and seqs go on from the copied ones.
type WorkflowReset struct {
	WorkflowID   string `cbor:"1,keyasint" json:"workflow_id" doc:"Workflow id of this run, from here on"`
	RunID        RunID  `cbor:"2,keyasint" json:"run_id" doc:"Id of this run: the events before tell the one that was copied"`
	OfWorkflowID string `cbor:"3,keyasint" json:"of_workflow_id" doc:"Workflow id of the run that was copied"`
	OfRunID      RunID  `cbor:"4,keyasint" json:"of_run_id" doc:"Run that was copied"`
	Turn         uint64 `cbor:"5,keyasint,omitempty" json:"turn" doc:"The newest turn that was kept; 0 = none was"`
	Fork         bool   `cbor:"6,keyasint,omitempty" json:"fork,omitempty" doc:"The run that was copied goes on beside this one"`
	Reason       string `cbor:"7,keyasint,omitempty" json:"reason,omitempty"`
	By           string `cbor:"8,keyasint,omitempty" json:"by,omitempty" doc:"Who asked for it"`

	Parent *Parent `cbor:"9,keyasint,omitempty" json:"parent,omitempty"` // that this run has from here on; nil = none
}

// ParentReset tells a child that the run of its parent was reset: from here on it is the child of
// the new one. Its code does not see it.
type ParentReset struct {
	RunID RunID `cbor:"1,keyasint" json:"run_id" doc:"Run of the same workflow id that waits for the child from here on"`
}

func (*WorkflowReset) Type() Type { return TypeWorkflowReset }
func (*ParentReset) Type() Type   { return TypeParentReset }
