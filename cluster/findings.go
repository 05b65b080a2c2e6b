package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
)

// Finding is something about the cluster that an operator should know: what is so, and what to do.
type Finding struct {
	Code     string // voter_away, ...: for programs
	Severity string // critical, warning or info
	Node     string // whom it is about; empty = the cluster
	Text     string
	Do       string // what to do next; empty = nothing
}

// The severities.
const (
	Critical = "critical" // the cluster does not do its work
	Warning  = "warning"  // it does, and one step further it does not
	Info     = "info"     // as somebody wanted it, or on its way
)

// Healthy reports whether none of the findings needs an operator.
func Healthy(all []Finding) bool {
	return !slices.ContainsFunc(all, func(f Finding) bool { return f.Severity != Info })
}

// farBehind is how many entries a member may lack before it counts as behind: more than a busy
// cluster has under way.
const farBehind = 10_000

// FindingsOf says what is remarkable about a cluster, the worst first. It decides by the status
// alone. waits are the members that keep the level of the state down, as the leader knows.
func FindingsOf(s Status, waits []string) (all []Finding) {
	say := func(f Finding) { all = append(all, f) }
	switch {
	case len(s.Members) == 0:
		return []Finding{{Code: "not_member", Severity: Critical, Node: s.Node, Text: fmt.Sprintf("node %s belongs to no cluster yet", s.Node),
			Do: "its log says what it waits for; check cluster.join and cluster.bootstrap_expect"}}
	case s.Leader == "":
		say(noLeader(s))
	}
	findVoters(s, say)
	newest := uint64(0)
	for _, m := range s.Members {
		newest = max(newest, m.AppliedIndex)
	}
	for _, m := range s.Members {
		if m.Status != "alive" {
			if m.Role != "voter" {
				say(Finding{"nonvoter_away", Warning, m.ID, fmt.Sprintf("node %s, which does not vote, does not answer", m.ID), fmt.Sprintf("start it, or aion-node cluster remove %s", m.ID)})
			}
			continue
		}
		findMemberState(s, m, newest, say)
	}
	lateBackup(s, s.At, say)
	if s.LogTimeHeld > 0 {
		say(Finding{"log_time_held", Critical, "", fmt.Sprintf("log time is held back by %s: timers are late", s.LogTimeHeld.Round(time.Millisecond)), "aion-node cluster clock show, then set the clocks, or aion-node cluster clock confirm"})
	}
	if s.Level < fsm.NewestLevel && s.Leader != "" {
		f := Finding{Code: "level_waits", Severity: Info, Text: fmt.Sprintf("the state is at level %d, this build knows %d", s.Level, fsm.NewestLevel), Do: "finish the upgrade, or take cluster.hold_level out"}
		if len(waits) > 0 {
			f.Text += "; it waits for " + strings.Join(waits, ", ")
		}
		say(f)
	}
	order := map[string]int{Critical: 0, Warning: 1, Info: 2}
	slices.SortStableFunc(all, func(a, b Finding) int { return order[a.Severity] - order[b.Severity] })
	return all
}

func noLeader(s Status) Finding {
	voters, away := votersOf(s)
	f := Finding{Code: "no_leader", Severity: Critical, Text: "nobody leads: nothing can be changed. An election ends within seconds", Do: "look again; then read the nodes' logs"}
	if need := len(voters)/2 + 1; len(voters)-len(away) < need {
		f.Code = "no_quorum"
		f.Text = fmt.Sprintf("%d of %d voters answer, and %d are needed: nothing can be changed", len(voters)-len(away), len(voters), need)
		f.Do = fmt.Sprintf("start %s; never empty the data folder of a voter", nodesOf(away))
	}
	return f
}

// votersOf returns the ids of the voters, and of those that do not answer.
func votersOf(s Status) (voters, away []string) {
	for _, m := range s.Members {
		if m.Role != "voter" {
			continue
		}
		voters = append(voters, m.ID)
		if m.Status != "alive" {
			away = append(away, m.ID)
		}
	}
	return voters, away
}

func nodesOf(ids []string) string {
	if len(ids) == 1 {
		return "node " + ids[0]
	}
	return "nodes " + strings.Join(ids, ", ")
}

// findVoters says how many losses the cluster still bears.
func findVoters(s Status, say func(Finding)) {
	voters, away := votersOf(s)
	bears := len(voters) - len(away) - (len(voters)/2 + 1) // further losses
	if len(away) > 0 && s.Leader != "" {
		more := fmt.Sprintf("%d more losses stop the cluster", bears+1)
		if bears == 0 {
			more = "one more loss stops the cluster"
		}
		isAway, one := "is", away[0]
		if len(away) > 1 {
			isAway = "are"
		}
		say(Finding{"voter_away", Warning, one, fmt.Sprintf("%d of %d voters %s away (%s): %s", len(away), len(voters), isAway, strings.Join(away, ", "), more),
			fmt.Sprintf("start %s, or aion-node cluster replace %s NEW", nodesOf(away), one)})
	}
	switch n := len(voters); {
	case n == 1 && len(s.Members) == 1:
		say(Finding{"single_voter", Info, "", "one node is the whole cluster: if it is lost, so is everything", "start two more with cluster.join"})
	case n%2 == 0:
		say(Finding{"even_voters", Info, "", fmt.Sprintf("%d voters bear no more losses than %d would", n, n-1), "aion-node cluster demote one, or let another node join"})
	}
}

// findMemberState says what is remarkable about a member that answers.
func findMemberState(s Status, m Member, newest uint64, say func(Finding)) {
	switch {
	case m.Role == "voter" && m.Demoted:
		say(Finding{"demotion_unfinished", Warning, m.ID, fmt.Sprintf("node %s was being demoted when leadership was lost, and still votes", m.ID), fmt.Sprintf("aion-node cluster demote %s again, or promote it", m.ID)})
	case m.Demoted:
		say(Finding{"demoted", Info, m.ID, fmt.Sprintf("node %s was demoted: it stores everything and does not vote", m.ID), fmt.Sprintf("aion-node cluster promote %s when it is to vote again", m.ID)})
	case m.Role != "voter":
		say(Finding{"joining", Info, m.ID, fmt.Sprintf("node %s has joined and does not vote yet: it lacks %d entries and %d archives", m.ID, newest-m.AppliedIndex, m.MissingBlobs), "wait, or read its log if that does not change"})
	}
	if m.AppliedIndex+farBehind < newest {
		say(Finding{"behind", Warning, m.ID, fmt.Sprintf("node %s is %d entries behind", m.ID, newest-m.AppliedIndex), "look at its disk, CPU and network"})
	}
	if m.MissingBlobs > 0 && m.Role == "voter" {
		say(Finding{"archives_missing", Warning, m.ID, fmt.Sprintf("node %s lacks %d archives that the state names", m.ID, m.MissingBlobs), "it fetches them from other nodes; if that does not change, read its log"})
	}
	if m.Draining {
		say(Finding{"draining", Info, m.ID, fmt.Sprintf("node %s drains: it takes no deploys and does not lead", m.ID), fmt.Sprintf("stop it, or aion-node cluster undrain %s", m.ID)})
	}
	if m.ClockWrong {
		say(Finding{"clock_wrong", Warning, m.ID, fmt.Sprintf("the clock of node %s differs from those of most voters by %s", m.ID, m.ClockAhead.Abs().Round(time.Millisecond)), "set its clock (NTP)"})
	}
	switch m.Disk.Level {
	case folder.DiskFull:
		say(Finding{"disk_full", Critical, m.ID, fmt.Sprintf("the disk of node %s is full: %.1f GiB are free. Nothing new is begun while it leads", m.ID, gib(m.Disk.Free)), "free space, or enlarge the disk"})
	case folder.DiskWarn:
		say(Finding{"disk_low", Warning, m.ID, fmt.Sprintf("the disk of node %s fills up: %.1f GiB are free", m.ID, gib(m.Disk.Free)), "free space, or enlarge the disk"})
	}
}

func gib(bytes uint64) float64 { return float64(bytes) / (1 << 30) }
