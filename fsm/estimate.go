package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Estimate is what carrying out a command costs, as far as the command itself tells, in units of
// work: a group committer closes an entry before its commands together pass EntryBudget. What a
// command does beyond that, closing other runs above all, it does only as far as the entry's budget
// goes.
func Estimate(c Command) uint64 {
	const least, perTask, perRun, perChangedType = 20, 12, 16, 12
	switch c := c.(type) {
	case *RecordTurn:
		work := uint64(least)
		for _, e := range c.Asked {
			work += estimateOf(e.Data)
		}
		for _, line := range c.Logs { // and the blocks that they displace
			work += 1 + 2*uint64(len(line))/rows.BlockCost
		}
		return work
	case *LoadPackage:
		return least + perChangedType*uint64(len(c.Package.Members)) + verifyCost*uint64(len(c.Signatures))
	case *StartRun:
		return least + c.work()
	case *StartPackage: // what it loads, one entry may have to unload at once
		return least + 2*perChangedType*uint64(len(c.Package.Members)) + verifyCost*uint64(len(c.Signatures)) + c.Start.work()
	case *SignalRun:
		return least + bytesWork(c.Payload)
	case *StartBatch: // it may have to make room
		return least + MaxBatches + MaxBatchFailures + bytesWork(c.Spec.Payload)
	case *StopRuns, *LiftStop: // they look through the counts of all types
		return 1_000
	case *UpdateRun:
		return least + bytesWork(c.Args)
	case *LeaseTasks:
		return least + perTask*uint64(c.Max)
	case *CompleteTasks:
		work := uint64(least)
		for i := range c.Results {
			work += perTask + bytesWork(c.Results[i].Output)
		}
		return work
	case *FailTasks:
		return least + perTask*uint64(len(c.Results))
	case *BeatTasks:
		return least + perTask*uint64(len(c.Beats))
	case *DeferTasks:
		return least + perTask*uint64(len(c.Tokens))
	case *ReportActivity:
		return least + bytesWork(c.Output)
	case *ReleaseTasks:
		return least + perTask*uint64(len(c.Tokens))
	case *FireTimers:
		return least + perTask*uint64(len(c.Timers))
	case *FireSchedule:
		return least + max(perRun*uint64(len(c.Times)), c.Work)
	case *PutSchedule:
		return least + bytesWork(c.Schedule.Input)
	case *Deploy:
		work := uint64(least)
		for i := range c.Changes {
			work += perChangedType * uint64(c.Changes[i].Types())
			if load := c.Changes[i].Load; load != nil {
				work += verifyCost * uint64(len(load.Signatures))
			}
			if put := c.Changes[i].Schedule; put != nil {
				work += bytesWork(put.Schedule.Input)
			}
		}
		return work
	case *DeleteNamespace: // it looks through routes and rules, and deletes ranges
		return EntryBudget
	case *ReopenRun:
		return least + againCost*uint64(len(c.Again))
	case *ResetRun:
		return least + againCost*uint64(len(c.Again)) + keptCost*(c.Cut+c.Turns) + MaxKeptBytes/4/store.BytesPerUnit
	case *PurgeRuns:
		return least + perRun*uint64(len(c.Runs)) + purgedRows
	case *ActBatch:
		if len(c.Acts) > 0 && c.Acts[0].Reset != nil {
			return EntryBudget
		}
		return EntryBudget / 2
	case *Continue, *TakeFingerprints, *TakeOrdered:
		return EntryBudget / 2
	}
	return least
}

// work is what a start costs beside the least.
func (c *StartRun) work() uint64 {
	work := bytesWork(c.Input) + attributesWork(c.Attributes)
	if o := c.Options; o != nil {
		work += closeCost
		if o.Signal != nil {
			work += bytesWork(o.Signal.Payload)
		}
	}
	return work
}

// estimateOf is what carrying out an event that a turn asks for costs.
func estimateOf(data history.Data) uint64 {
	switch e := data.(type) {
	case *history.ActivityScheduled:
		return 5 + bytesWork(e.Input)
	case *history.ChildWorkflowStarted:
		return 14 + 2*bytesWork(e.Input) + attributesWork(e.Attributes)
	case *history.SignalSent:
		return 6 + 2*bytesWork(e.Payload)
	case *history.CancelSent: // it may close a run that has not begun
		return 6 + closeCost
	case *history.ResultAwaited: // and what it may be answered with at once
		return 8
	case *history.UpdateCompleted:
		return 5 + bytesWork(e.Result)
	case *history.AttributesUpdated:
		return attributesWork(e.Attributes)
	case *history.WorkflowFailed: // it may be tried again
		return 20
	case *history.WorkflowContinuedAsNew:
		return 20 + uint64(len(e.Carry))/looksPerUnit + bytesWork(e.Input)
	}
	return 3
}

func bytesWork(p history.Payload) uint64 { return uint64(len(p)) / store.BytesPerUnit }

// attributesWork: a list has a row in the index for each item, of at least three bytes.
func attributesWork(set history.Attributes) (work uint64) {
	for _, name := range sortedKeys(set) {
		work += 4 + uint64(len(set[name]))/3
	}
	return work
}
