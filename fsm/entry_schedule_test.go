package fsm

import (
	"encoding/hex"
	"reflect"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// scheduleCommands is one of each kind with every field set that the command reads.
func scheduleCommands() []Command {
	overlap := rows.OverlapAllowAll
	return []Command{
		&PutSchedule{Replace: true, Schedule: rows.Schedule{
			ID: "nightly", Type: "order", Input: history.Payload(`{"id":1}`), Attributes: history.Attributes{"b": history.Payload("2"), "a": history.Payload("1")},
			Every: 5, Cron: "0 0 * * *", Timezone: "Europe/Berlin", Overlap: rows.OverlapCancelPrevious, CatchUp: rows.CatchUpAll, Paused: true, Reason: "holiday", Next: 9,
		}},
		&DeleteSchedule{ID: "nightly"},
		&PauseSchedule{ID: "nightly", Reason: "holiday"},
		&ResumeSchedule{ID: "nightly", Next: 9, Revision: 8},
		&FireSchedule{
			ID: "nightly", Revision: 8, Due: 9, Next: 19, Times: []history.Time{9, 14}, Missed: 2, CheckedSchema: catalog.Digest{3}, Problem: "too short", Overlap: &overlap,
		},
	}
}

// TestApartIsAnEntryOfItsOwn: the commands that lay rows out anew have bytes that no earlier build
// reads.
func TestApartIsAnEntryOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		command Command
		hex     string
	}{
		{&PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "a"}}, "1b00a101a40161730261610c001700"},
		{&PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "a"}, Apart: true}, "1b00a201a40161730261610c00170003f5"},
		{&FireSchedule{ID: "s"}, "1f00a1016173"},
		{&FireSchedule{ID: "s", Apart: true, Work: 36}, "1f00a30161730af50b1824"},
	} {
		b, err := EncodeEnvelope(Envelope{Command: c.command})
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(b); got != c.hex {
			t.Errorf("%+v is written as %s, want %s", c.command, got, c.hex)
		}
		if e, err := DecodeEnvelope(b); err != nil || !reflect.DeepEqual(e.Command, c.command) {
			t.Errorf("%s is read as %+v, %v", c.hex, e.Command, err)
		}
	}
}
