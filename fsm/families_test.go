package fsm

import (
	"maps"
	"slices"
	"testing"
)

// owners says which files write the rows of each family, the owner first. An index writes only what
// it owns, and nobody else does: what needs a second file says why. FamilyMeta is written by
// package store, with every entry.
var owners = map[string][]string{
	"Package": {"deploy_load.go", "deploy_unload.go"},
	"Route":   {"deploy_route.go", "namespace.go"}, // what is remembered of a namespace goes with it
	"Deploy":  {"deploy_history.go"},
	"Feed":    {"feed.go"},

	"Node":       {"memory_nodes.go"},
	"Removed":    {"node.go"},
	"Membership": {"node_join_token.go", "node_vote.go"}, // two kinds of rows
	"Readiness":  {"node_readiness.go"},
	"Report":     {"digest_check.go"},
	"Limits":     {"limits.go"},
	"Level":      {"level.go"},
	"Facts":      {"version_facts.go"},
	"Ephemeral":  {"version_ephemeral.go"},

	"Token": {"memory_tokens.go"},
	"Auth":  {"memory_tokens.go"},

	"Policy":     {"memory_policy.go"},
	"Signatures": {"version_signatures.go"},

	"Fingerprint": {"index_fingerprints.go"},
	"Canary":      {"canary.go", "canary_counts.go"}, // one that ends is deleted at once, others are written at the end of the entry
	"Spent":       {"version_retention.go"},

	"Remembered": {"request.go", "request_queue.go"}, // remembered, and forgotten when its time has come
	"Forget":     {"request.go", "request_queue.go"}, // likewise
	"Owner":      {"request_use.go"},
	"Request":    {"request_unowned.go"},
	"Expiry":     {"request_unowned.go"},

	"Run":       {"run_rows.go", "run_purge.go"}, // what every run has is made with it, and goes when it is deleted
	"RunID":     {"run_rows.go", "run_purge.go"},
	"ByType":    {"run_rows.go", "run_purge.go"},
	"ByVersion": {"run_rows.go", "run_purge.go", "run_move.go"},
	"Latest":    {"run_rows.go", "run_purge.go", "run_reopened.go"},                             // a reopened run takes its id again when a newer one was deleted
	"Event":     {"run_rows.go", "run_carry_signals.go", "run_kept.go", "run_purge_history.go"}, // a run takes signals over as one row, and copies what a reset keeps
	"Turn":      {"run_turn.go", "run_kept.go", "run_purge.go"},
	"Log":       {"run_log.go"},
	"Update":    {"run_update.go"},
	"ByStatus":  {"run_list.go"},
	"Count":     {"run_counts.go"},

	"Attribute": {"index_attributes.go"},
	"Ordered":   {"index_ordered.go"},
	"ByParent":  {"index_attributes.go"},
	"Await":     {"index_awaits.go"},
	"Child":     {"index_children.go"},
	"Closed":    {"index_closed.go"},
	"Fire":      {"index_fires.go"},
	"Page":      {"index_pages.go"},
	"Pin":       {"index_pins.go", "run_move.go"},
	"PinCount":  {"index_pins.go"},
	"Ready":     {"index_ready.go"},
	"Timer":     {"index_timers.go"},
	"Armed":     {"index_timers.go"},
	"Task":      {"index_tasks.go"},
	"Offer":     {"queue_offers.go"},
	"Lane":      {"queue_offers.go"},
	"Queue":     {"queue_row.go", "task_lease.go"},     // a lease looks at the row first, and changes it only if there is something to lease
	"Schedule":  {"index_fires.go", "schedule_row.go"}, // of the first layout at once, of the second at the end of the entry
	"Input":     {"schedule_input.go", "index_fires.go"},
	"Job":       {"job.go"},
	"Line":      {"job.go"},
	"Retention": {"retention.go", "namespace.go"}, // rules of a namespace go with it

	"Stop":  {"run_stop_table.go", "run_quota.go"}, // two kinds of rows
	"Batch": {"run_batch.go", "run_batch_act.go"},  // batches, and failures

	"Space":    {"namespace_table.go", "namespace_use.go"}, // two kinds of rows
	"SpaceRun": {"namespace_runs.go"},
	"SpaceLog": {"namespace_logs.go", "namespace.go"}, // logs go with their namespace
}

// readElsewhere are writes whose key does not show its family: it was read from there.
var readElsewhere = map[string]string{"forgetRequest d.place": "Forget"}

// TestEveryFamilyHasItsOwner reads the source: of which family each row is that a step writes.
func TestEveryFamilyHasItsOwner(t *testing.T) {
	s := newSources(t)
	found := s.writes()
	for family := range s.families {
		if family != "Meta" && len(owners[family]) == 0 {
			t.Errorf("family %s has no owner", family)
		}
	}
	for _, family := range slices.Sorted(maps.Keys(owners)) {
		want := slices.Sorted(slices.Values(owners[family]))
		if got := slices.Sorted(maps.Keys(found[family])); !slices.Equal(got, want) {
			t.Errorf("rows of family %s are written in %v, and owned by %v", family, got, want)
		}
	}
}
