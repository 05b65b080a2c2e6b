package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// scheduleCommands is one of each kind with every field set that the command reads.
func scheduleCommands() []Command {
	overlap := OverlapAllowAll
	return []Command{
		&PutSchedule{Replace: true, Schedule: Schedule{
			ID: "nightly", Type: "order", Input: history.Payload(`{"id":1}`), Attributes: history.Attributes{"b": history.Payload("2"), "a": history.Payload("1")},
			Every: 5, Cron: "0 0 * * *", Timezone: "Europe/Berlin", Overlap: OverlapCancelPrevious, CatchUp: CatchUpAll, Paused: true, Reason: "holiday", Next: 9,
		}},
		&DeleteSchedule{ID: "nightly"},
		&PauseSchedule{ID: "nightly", Reason: "holiday"},
		&ResumeSchedule{ID: "nightly", Next: 9, Revision: 8},
		&FireSchedule{
			ID: "nightly", Revision: 8, Due: 9, Next: 19, Times: []history.Time{9, 14}, Missed: 2, CheckedSchema: catalog.Digest{3}, Problem: "too short", Overlap: &overlap,
		},
	}
}
