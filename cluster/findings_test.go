package cluster

import (
	"os"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
)

// TestFindings: what an operator is told about a cluster, and what to do.
func TestFindings(t *testing.T) {
	three := func(change func(*Status)) Status {
		s := Status{Node: "a", Leader: "a", Level: fsm.NewestLevel}
		for _, id := range []string{"a", "b", "c"} {
			s.Members = append(s.Members, Member{ID: id, Role: "voter", Status: "alive", AppliedIndex: 50_000})
		}
		change(&s)
		return s
	}
	manual, err := os.ReadFile("../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		status  Status
		codes   string
		healthy bool
		say     string // in the worst of them
	}{
		{"all is well", three(func(*Status) {}), "", true, ""},
		{"one away", three(func(s *Status) { s.Members[2].Status = "suspect" }), "voter_away", false,
			"1 of 3 voters is away (c): one more loss stops the cluster; start node c, or aion-node cluster replace c NEW"},
		{"no quorum", three(func(s *Status) { s.Leader = ""; s.Members[1].Status, s.Members[2].Status = "left", "suspect" }), "no_quorum", false,
			"1 of 3 voters answer, and 2 are needed: nothing can be changed; start nodes b, c; never empty"},
		{"an election", three(func(s *Status) { s.Leader = "" }), "no_leader", false, "nobody leads"},
		{"one", three(func(s *Status) { s.Members = s.Members[:1] }), "single_voter", true, "start two more"},
		{"two", three(func(s *Status) { s.Members = s.Members[:2] }), "even_voters", true, "2 voters bear no more losses than 1 would"},
		{"not yet in", Status{Node: "x"}, "not_member", false, "node x belongs to no cluster yet"},
		{"joining and demoted", three(func(s *Status) {
			s.Members = append(s.Members, Member{ID: "d", Role: "nonvoter", Status: "alive", AppliedIndex: 49_000, MissingBlobs: 2}, Member{ID: "e", Role: "nonvoter", Demoted: true, Status: "alive", AppliedIndex: 50_000})
		}), "joining demoted", true, "it lacks 1000 entries and 2 archives"},
		{"unfinished", three(func(s *Status) { s.Members[1].Demoted = true }), "demotion_unfinished", false, "cluster demote b again"},
		{"a non-voter away", three(func(s *Status) {
			s.Members = append(s.Members, Member{ID: "d", Role: "nonvoter", Status: "left"})
		}), "nonvoter_away", false, "aion-node cluster remove d"},
		{"the worst first", three(func(s *Status) {
			s.Members[0].Draining, s.Members[1].ClockWrong, s.Members[1].ClockAhead = true, true, -time.Hour
			s.Members[2].Disk = folder.DiskState{Level: folder.DiskFull, Free: 1 << 29}
			s.Members[1].Disk = folder.DiskState{Level: folder.DiskWarn}
			s.Members[2].AppliedIndex, s.Members[2].MissingBlobs = 1, 3
		}), "disk_full clock_wrong disk_low behind archives_missing draining", false, "the disk of node c is full: 0.5 GiB are free"},
		{"time held", three(func(s *Status) { s.LogTimeHeld = time.Hour }), "log_time_held", false, "held back by 1h0m0s"},
		{"a late backup", three(func(s *Status) {
			s.At, s.Backup = time.Unix(10_000, 0), &KeptBackup{Index: 7, Point: time.Unix(6_400, 0), Every: 5 * time.Minute}
		}), "backup_late", false, "of index 7, 1h0m0s ago, and there is to be one every 5m0s"},
		{"a backup in time", three(func(s *Status) {
			s.At, s.Backup = time.Unix(10_000, 0), &KeptBackup{Index: 7, Point: time.Unix(9_400, 0), Every: 5 * time.Minute}
		}), "", true, ""},
		{"an upgrade", three(func(s *Status) { s.Level = 0 }), "level_waits", true, "it waits for b (does not answer)"},
	} {
		found := FindingsOf(c.status, []string{"b (does not answer)"})
		var codes []string
		for _, f := range found {
			codes = append(codes, f.Code)
			if !strings.Contains(string(manual), "`"+f.Code+"`") {
				t.Errorf("docs/OPERATIONS.md does not tell of %s", f.Code)
			}
			if f.Text == "" || f.Severity == "" {
				t.Errorf("%s: %+v says nothing", c.name, f)
			}
		}
		if got := strings.Join(codes, " "); got != c.codes || Healthy(found) != c.healthy {
			t.Errorf("%s: found %q, healthy %v; want %q, %v", c.name, got, Healthy(found), c.codes, c.healthy)
		}
		if c.say != "" && (len(found) == 0 || !strings.Contains(found[0].Text+"; "+found[0].Do, c.say)) {
			t.Errorf("%s: it says %+v, want %q", c.name, found, c.say)
		}
	}
}
