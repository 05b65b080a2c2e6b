package transport_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func TestScheduleStory(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	if _, err := c.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	spec := wire.ScheduleSpec{ScheduleID: "nightly", Type: "order", Input: json.RawMessage(`{"n":1}`), Cron: "30 3 * * *", Timezone: "Europe/Berlin",
		Attributes: wire.Attributes{"kind": json.RawMessage(`"batch"`)}}
	made, err := c.CreateSchedule(ctx, spec, client.RequestID("k"))
	if err != nil || made.ScheduleID != "nightly" || made.Overlap != "skip" || made.CatchUp != "one" || string(made.Input) != `{"n":1}` || len(made.NextTimes) != 1 ||
		made.OpenRuns == nil || made.RecentRuns == nil || made.Index == 0 || made.CreatedAt.IsZero() || made.Deduplicated {
		t.Fatalf("create: %+v, %v", made, err)
	}
	if again, err := c.CreateSchedule(ctx, spec, client.RequestID("k")); err != nil || !again.Deduplicated || again.Index != made.Index || string(again.Input) != `{"n":1}` {
		t.Errorf("create again: %+v, %v", again, err)
	}
	if _, err := c.CreateSchedule(ctx, spec); code(err) != "invalid_state" {
		t.Errorf("an id that is taken: %v", err)
	}
	d, err := c.Schedule(ctx, "nightly")
	if err != nil || len(d.NextTimes) != 5 || d.LastTime != nil || d.Index == 0 {
		t.Fatalf("describe: %+v, %v", d, err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for i, next := range d.NextTimes {
		if next.In(berlin).Format("15:04") != "03:30" || i > 0 && !next.After(d.NextTimes[i-1]) {
			t.Errorf("next times: %v", d.NextTimes)
		}
	}

	fired, err := c.TriggerSchedule(ctx, "nightly", wire.TriggerRequest{})
	if err != nil || len(fired.Runs) != 1 || fired.Started != 1 || len(fired.OpenRuns) != 1 || fired.OpenRuns[0] != fired.Runs[0] || fired.RecentRuns[0] != fired.Runs[0] {
		t.Fatalf("trigger: %+v, %v", fired, err)
	}
	run := fired.Runs[0]
	at, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(run.WorkflowID, "nightly:"))
	if err != nil || fired.LastTime == nil || at.Before(made.CreatedAt.Truncate(time.Second)) {
		t.Errorf("the run is named %s: %v", run.WorkflowID, err)
	}
	r, err := c.Describe(ctx, wire.RunRef{WorkflowID: run.WorkflowID})
	if err != nil || r.Schedule != "nightly" || r.RunID != run.RunID || string(r.Attributes["kind"]) != `"batch"` {
		t.Errorf("the run: %+v, %v", r, err)
	}
	if a, err := c.TriggerSchedule(ctx, "nightly", wire.TriggerRequest{}); err != nil || len(a.Runs) != 0 || a.Skipped != 1 {
		t.Errorf("a fire that overlaps: %+v, %v", a, err)
	}
	if a, err := c.PauseSchedule(ctx, "nightly", "holidays"); err != nil || !a.Paused || a.Reason != "holidays" || a.NextTimes == nil || len(a.NextTimes) != 0 {
		t.Errorf("pause: %+v, %v", a, err)
	}
	if a, err := c.ResumeSchedule(ctx, "nightly"); err != nil || a.Paused || a.Reason != "" || len(a.NextTimes) != 1 {
		t.Errorf("resume: %+v, %v", a, err)
	}

	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	filled, err := c.BackfillSchedule(ctx, "nightly", wire.BackfillRequest{From: from, To: from.AddDate(0, 0, 12)})
	if err != nil || len(filled.Runs) != 12 || filled.Runs[0].WorkflowID != "nightly:2026-01-01T02:30:00Z" || filled.Started != 13 ||
		len(filled.OpenRuns) != 10 || filled.OpenTotal != 13 || len(filled.RecentRuns) != 10 {
		t.Errorf("backfill: %+v, %v", filled, err)
	}
	if d, err := c.Schedule(ctx, "nightly"); err != nil || len(d.OpenRuns) != 13 || d.OpenTotal != 0 {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if p, err := c.List(ctx, wire.RunFilter{Attributes: []string{"kind=batch"}}, wire.Page{}); err != nil || len(p.Workflows) != 13 {
		t.Errorf("its runs: %d, %v", len(p.Workflows), err)
	}

	spec.Every, spec.Cron, spec.Timezone, spec.Overlap, spec.CatchUp, spec.Paused = "90m", "", "", "buffer_one", "all", true
	changed, err := c.ReplaceSchedule(ctx, "nightly", spec)
	if err != nil || changed.Every != "1h30m0s" || changed.Cron != "" || changed.Overlap != "buffer_one" || changed.CatchUp != "all" || !changed.Paused || changed.Started != 13 {
		t.Errorf("replace: %+v, %v", changed, err)
	}
	if a, err := c.TriggerSchedule(ctx, "nightly", wire.TriggerRequest{Overlap: "allow_all"}); err != nil || len(a.Runs) != 1 {
		t.Errorf("trigger of a paused one: %+v, %v", a, err)
	}
	spec.ScheduleID, spec.Paused = "also", false
	if _, err := c.CreateSchedule(ctx, spec); err != nil {
		t.Fatal(err)
	}
	page, err := c.Schedules(ctx, wire.Page{Limit: 1})
	if err != nil || len(page.Schedules) != 1 || page.Schedules[0].ScheduleID != "also" || page.NextCursor == "" {
		t.Fatalf("list: %+v, %v", page, err)
	}
	if page, err = c.Schedules(ctx, wire.Page{Limit: 1, Cursor: page.NextCursor}); err != nil || len(page.Schedules) != 1 || page.Schedules[0].ScheduleID != "nightly" ||
		page.Schedules[0].OpenTotal != 14 || page.NextCursor != "" {
		t.Errorf("list: %+v, %v", page, err)
	}
	if a, err := c.DeleteSchedule(ctx, "nightly"); err != nil || a.ScheduleID != "nightly" || a.Started != 14 {
		t.Errorf("delete: %+v, %v", a, err)
	}
	if _, err := c.Schedule(ctx, "nightly"); code(err) != "not_found" {
		t.Errorf("describe of what is deleted: %v", err)
	}
	if _, err := c.DeleteSchedule(ctx, "nightly"); code(err) != "not_found" {
		t.Errorf("delete again: %v", err)
	}
	if r, err := c.Describe(ctx, wire.RunRef{WorkflowID: run.WorkflowID}); err != nil || r.Status != "running" {
		t.Errorf("its runs go on: %+v, %v", r, err)
	}
	if r := follower.send(t, "POST", "/v1/schedules", `{"schedule_id":"s","type":"order","every":"1h"}`); r.status != 201 || strings.Contains(r.body, "null") {
		t.Errorf("create: %+v", r)
	}
}

func TestBadSchedules(t *testing.T) {
	_, h, c := cluster2(t)
	if _, err := c.Load(t.Context(), enginetest.Pack(t, waiting("1")), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateSchedule(t.Context(), wire.ScheduleSpec{ScheduleID: "s", Type: "order", Every: "1h"}); err != nil {
		t.Fatal(err)
	}
	const ok = `"type":"order","every":"1h"`
	for _, x := range []struct{ method, path, body, code, field string }{
		{"POST", "", ``, "invalid_input", "body"},
		{"POST", "", `{` + ok + `}`, "invalid_input", "schedule_id"},
		{"POST", "", `{"schedule_id":"a b",` + ok + `}`, "invalid_input", "schedule_id"},
		{"POST", "", `{"schedule_id":"a","every":"1h"}`, "invalid_input", "type"},
		{"POST", "", `{"schedule_id":"a","type":"order"}`, "invalid_input", ""},
		{"POST", "", `{"schedule_id":"a","type":"order","every":"1h","cron":"* * * * *"}`, "invalid_input", ""},
		{"POST", "", `{"schedule_id":"a","type":"order","every":"daily"}`, "invalid_input", "every"},
		{"POST", "", `{"schedule_id":"a","type":"order","every":"1ms"}`, "invalid_input", "every"},
		{"POST", "", `{"schedule_id":"a","type":"order","every":"-1h"}`, "invalid_input", "every"},
		{"POST", "", `{"schedule_id":"a","type":"order","cron":"61 * * * *"}`, "invalid_input", "cron"},
		{"POST", "", `{"schedule_id":"a","type":"order","cron":"0 0 30 2 *"}`, "invalid_input", "cron"},
		{"POST", "", `{"schedule_id":"a","type":"order","cron":"@daily","timezone":"Mars/Olympus"}`, "invalid_input", "timezone"},
		{"POST", "", `{"schedule_id":"a",` + ok + `,"overlap":"both"}`, "invalid_input", "overlap"},
		{"POST", "", `{"schedule_id":"a",` + ok + `,"catch_up":"both"}`, "invalid_input", "catch_up"},
		{"POST", "", `{"schedule_id":"a",` + ok + `,"attributes":{"x":{}}}`, "invalid_input", "attributes.x"},
		{"POST", "", `{"schedule_id":"a",` + ok + `,"input":1e400}`, "invalid_input", "input"},
		{"POST", "", `{"schedule_id":"a",` + ok + `,"started":5}`, "invalid_input", "started"},
		{"POST", "", `{"schedule_id":"s",` + ok + `}`, "invalid_state", ""},
		{"PUT", "/s", `{"schedule_id":"a",` + ok + `}`, "invalid_input", "schedule_id"},
		{"PUT", "/nobody", `{` + ok + `}`, "not_found", ""},
		{"GET", "/nobody", ``, "not_found", ""},
		{"DELETE", "/s", `{}`, "invalid_input", "body"},
		{"POST", "/nobody/pause", ``, "not_found", ""},
		{"POST", "/nobody/resume", ``, "not_found", ""},
		{"POST", "/nobody/trigger", ``, "not_found", ""},
		{"POST", "/s/trigger", `{"overlap":"none"}`, "invalid_input", "overlap"},
		{"POST", "/s/trigger", `{"overlap":""}`, "invalid_input", "overlap"},
		{"POST", "/s/backfill", ``, "invalid_input", "body"},
		{"POST", "/s/backfill", `{"from":"2026-01-01T00:00:00Z"}`, "invalid_input", "to"},
		{"POST", "/s/backfill", `{"from":"now","to":"2026-01-01T00:00:00Z"}`, "invalid_input", "from"},
		{"POST", "/s/backfill", `{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}`, "invalid_input", ""},
		{"POST", "/s/backfill", `{"from":"0001-01-01T00:00:00Z","to":"9999-01-01T00:00:00Z"}`, "invalid_input", ""},
		{"POST", "/s/backfill", `{"from":"2020-01-01T00:00:00Z","to":"2025-01-01T00:00:00Z"}`, "invalid_input", ""},
		{"POST", "/s/stop", ``, "not_found", ""},
		{"PATCH", "/s", ``, "method_not_allowed", ""},
		{"GET", "?limit=0x1", ``, "invalid_input", "limit"},
		{"GET", "?cursor=%00", ``, "invalid_input", "cursor"},
	} {
		p := h.send(t, x.method, "/v1/schedules"+x.path, x.body).problem(t)
		if field, _ := p.Facts["field"].(string); p.Code != x.code || x.field != "" && field != x.field || p.Outcome != wire.Rejected {
			t.Errorf("%s %s %s: %v (field %q), want %s %s", x.method, x.path, x.body, p, field, x.code, x.field)
		}
	}
	if l, err := c.Schedules(t.Context(), wire.Page{}); err != nil || len(l.Schedules) != 1 || l.Schedules[0].Started != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// A schedule of several definitions shows them all, ends runs for those that follow, and gives each
// run the time for which it fired, in its input and in ctx.info.
func TestScheduleOfSeveralTimes(t *testing.T) {
	_, _, c := cluster2(t)
	ctx := t.Context()
	if _, err := c.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	spec := wire.ScheduleSpec{
		ScheduleID: "s", Type: "order", Input: json.RawMessage(`{"day":"{{fire_time}}"}`), Every: "24h", Overlap: "terminate_previous",
		Also: []wire.Timing{{Cron: "0 9 * * sat", Timezone: "Europe/Berlin"}, {Every: "168h"}},
	}
	made, err := c.CreateSchedule(ctx, spec)
	if err != nil || len(made.Also) != 2 || made.Also[0] != spec.Also[0] || made.Also[1].Every != "168h0m0s" || made.Overlap != "terminate_previous" {
		t.Fatalf("create: %+v, %v", made, err)
	}
	var runs []wire.RunName
	for range 2 {
		a, err := c.TriggerSchedule(ctx, "s", wire.TriggerRequest{})
		if err != nil || len(a.Runs) != 1 {
			t.Fatalf("trigger: %+v, %v", a, err)
		}
		runs = append(runs, a.Runs...)
	}
	first, err := c.Describe(ctx, wire.RunRef{WorkflowID: runs[0].WorkflowID})
	if err != nil || first.Status != "terminated" {
		t.Errorf("the run before: %+v, %v", first, err)
	}
	second, err := c.Describe(ctx, wire.RunRef{WorkflowID: runs[1].WorkflowID})
	if want := fmt.Sprintf(`{"day":%q}`, strings.TrimPrefix(runs[1].WorkflowID, "s:")); err != nil || string(second.Input) != want {
		t.Errorf("input %s, want %s, %v", second.Input, want, err)
	}
	for want, also := range map[string]wire.Timing{
		"also[0].every":    {Every: "1ms"},
		"also[0].cron":     {Cron: "61 * * * *"},
		"also[0].timezone": {Every: "1h", Timezone: "Europe/Berlin"},
	} {
		wrong := spec
		wrong.ScheduleID, wrong.Also = "wrong", []wire.Timing{also}
		if _, err := c.CreateSchedule(ctx, wrong); code(err) != "invalid_input" || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", also, err, want)
		}
	}
}
