package history

// Event is one line of a run's history. Seq starts at 1 and has no gaps; the state machine assigns
// Seq and At when it appends.
type Event struct {
	Seq  uint64
	At   Time
	Data Data
}

// Type is the number of an event's kind on disk and in the log. Numbers are never reused or
// reordered.
type Type uint8

// The types of events, with the names that users see.
const (
	TypeWorkflowStarted        Type = 1
	TypeWorkflowCompleted      Type = 2
	TypeWorkflowFailed         Type = 3
	TypeWorkflowCancelled      Type = 4
	TypeWorkflowTerminated     Type = 5
	TypeWorkflowTimedOut       Type = 6
	TypeWorkflowContinuedAsNew Type = 7
	TypeWorkflowReopened       Type = 8
	TypeWorkflowPaused         Type = 9
	TypeWorkflowResumed        Type = 10
	TypeCancelRequested        Type = 11
	TypeAttributesUpdated      Type = 12
	TypeActivityScheduled      Type = 13
	TypeActivityStarted        Type = 14
	TypeActivityCompleted      Type = 15
	TypeActivityFailed         Type = 16
	TypeActivityCancelled      Type = 17
	TypeTimerStarted           Type = 18
	TypeTimerFired             Type = 19
	TypeTimerCancelled         Type = 20
	TypeSignalReceived         Type = 21
	TypeSignalSent             Type = 22
	TypeChildWorkflowStarted   Type = 23
	TypeChildWorkflowCompleted Type = 24
	TypeChildWorkflowFailed    Type = 25
	TypeChildWorkflowCancelled Type = 26
	TypeWorkflowMoved          Type = 27
	TypeUpdateAccepted         Type = 28
	TypeUpdateCompleted        Type = 29

	TypeActivityCancelRequested      Type = 30
	TypeChildWorkflowCancelRequested Type = 31

	TypeWorkflowBegan Type = 32
	TypeWorkflowReset Type = 37
	TypeParentReset   Type = 38

	TypeCancelSent     Type = 35
	TypeResultAwaited  Type = 36
	TypeResultReceived Type = 41
	TypeAwaitCancelled Type = 42
)

// Data is what an event says. The types that implement it are pointers to the structs of this
// package, one for each Type.
type Data interface {
	// Type returns the event's kind.
	Type() Type
}

// String is the name that users see, such as "TimerFired".
func (t Type) String() string {
	if int(t) < len(kinds) && kinds[t].name != "" {
		return kinds[t].name
	}
	return "Unknown"
}

// EmptyData returns the empty data of each type of event, in the order of their numbers.
func EmptyData() []Data {
	var all []Data
	for _, kind := range kinds {
		if kind.make != nil {
			all = append(all, kind.make())
		}
	}
	return all
}

// kinds has one row for each Type, at its number.
var kinds = [...]struct {
	name string
	make func() Data
}{
	TypeWorkflowStarted:        {"WorkflowStarted", func() Data { return new(WorkflowStarted) }},
	TypeWorkflowCompleted:      {"WorkflowCompleted", func() Data { return new(WorkflowCompleted) }},
	TypeWorkflowFailed:         {"WorkflowFailed", func() Data { return new(WorkflowFailed) }},
	TypeWorkflowCancelled:      {"WorkflowCancelled", func() Data { return new(WorkflowCancelled) }},
	TypeWorkflowTerminated:     {"WorkflowTerminated", func() Data { return new(WorkflowTerminated) }},
	TypeWorkflowTimedOut:       {"WorkflowTimedOut", func() Data { return new(WorkflowTimedOut) }},
	TypeWorkflowContinuedAsNew: {"WorkflowContinuedAsNew", func() Data { return new(WorkflowContinuedAsNew) }},
	TypeWorkflowReopened:       {"WorkflowReopened", func() Data { return new(WorkflowReopened) }},
	TypeWorkflowPaused:         {"WorkflowPaused", func() Data { return new(WorkflowPaused) }},
	TypeWorkflowResumed:        {"WorkflowResumed", func() Data { return new(WorkflowResumed) }},
	TypeCancelRequested:        {"CancelRequested", func() Data { return new(CancelRequested) }},
	TypeAttributesUpdated:      {"AttributesUpdated", func() Data { return new(AttributesUpdated) }},
	TypeActivityScheduled:      {"ActivityScheduled", func() Data { return new(ActivityScheduled) }},
	TypeActivityStarted:        {"ActivityStarted", func() Data { return new(ActivityStarted) }},
	TypeActivityCompleted:      {"ActivityCompleted", func() Data { return new(ActivityCompleted) }},
	TypeActivityFailed:         {"ActivityFailed", func() Data { return new(ActivityFailed) }},
	TypeActivityCancelled:      {"ActivityCancelled", func() Data { return new(ActivityCancelled) }},
	TypeTimerStarted:           {"TimerStarted", func() Data { return new(TimerStarted) }},
	TypeTimerFired:             {"TimerFired", func() Data { return new(TimerFired) }},
	TypeTimerCancelled:         {"TimerCancelled", func() Data { return new(TimerCancelled) }},
	TypeSignalReceived:         {"SignalReceived", func() Data { return new(SignalReceived) }},
	TypeSignalSent:             {"SignalSent", func() Data { return new(SignalSent) }},
	TypeChildWorkflowStarted:   {"ChildWorkflowStarted", func() Data { return new(ChildWorkflowStarted) }},
	TypeChildWorkflowCompleted: {"ChildWorkflowCompleted", func() Data { return new(ChildWorkflowCompleted) }},
	TypeChildWorkflowFailed:    {"ChildWorkflowFailed", func() Data { return new(ChildWorkflowFailed) }},
	TypeChildWorkflowCancelled: {"ChildWorkflowCancelled", func() Data { return new(ChildWorkflowCancelled) }},
	TypeWorkflowMoved:          {"WorkflowMoved", func() Data { return new(WorkflowMoved) }},
	TypeUpdateAccepted:         {"UpdateAccepted", func() Data { return new(UpdateAccepted) }},
	TypeUpdateCompleted:        {"UpdateCompleted", func() Data { return new(UpdateCompleted) }},

	TypeActivityCancelRequested:      {"ActivityCancelRequested", func() Data { return new(ActivityCancelRequested) }},
	TypeChildWorkflowCancelRequested: {"ChildWorkflowCancelRequested", func() Data { return new(ChildWorkflowCancelRequested) }},

	TypeWorkflowBegan: {"WorkflowBegan", func() Data { return new(WorkflowBegan) }},
	TypeWorkflowReset: {"WorkflowReset", func() Data { return new(WorkflowReset) }},
	TypeParentReset:   {"ParentReset", func() Data { return new(ParentReset) }},

	TypeCancelSent:     {"CancelSent", func() Data { return new(CancelSent) }},
	TypeResultAwaited:  {"ResultAwaited", func() Data { return new(ResultAwaited) }},
	TypeResultReceived: {"ResultReceived", func() Data { return new(ResultReceived) }},
	TypeAwaitCancelled: {"AwaitCancelled", func() Data { return new(AwaitCancelled) }},
}
