package clustertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// backupOf is a backup of a cluster in memory, without the archives that the state names.
func backupOf(t *testing.T, c *Cluster) []byte {
	t.Helper()
	s, err := c.Leader().State().Snapshot()
	fine(t, err)
	defer s.Release()
	f, err := fsm.FactsOf(s)
	fine(t, err)
	h := backup.Header{
		ID: "b-1", ClusterID: f.ClusterID, Node: "n1", Build: "test", Index: f.Index, Term: 7, LogTime: f.At.Std(), Level: f.Level, Digest: f.Digest.String(),
		Versions: f.Versions, OpenRuns: f.Open, ClosedRuns: f.Closed, Archives: []backup.Archive{},
	}
	h.StateBytes, err = s.Size()
	fine(t, err)
	var file bytes.Buffer
	fine(t, backup.Write(t.Context(), &file, h, stateOnly{s}, 0))
	return file.Bytes()
}

type stateOnly struct{ io.WriterTo }

func (stateOnly) Archive(context.Context, catalog.Digest) ([]byte, error) {
	return nil, errors.New("there are none")
}

// taken is a backup of a cluster that had these runs, and has stopped.
func taken(t *testing.T, runs ...string) []byte {
	t.Helper()
	old := New(t, 1)
	hold(t, old, runs...)
	for i := range 300 { // its index is beyond that of the cluster that it is restored into
		must(t, mustPropose(old, fsm.Envelope{Command: &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: runs[0]}, Name: "s", MaxWaiting: uint64(i + 1)}}), nil)
	}
	file := backupOf(t, old)
	for _, n := range old.Nodes {
		n.Stop()
	}
	return file
}

// TestRestoreIntoARunningCluster: every node takes the state of the backup, and the cluster stays
// who it was: its id, its nodes, its voters, those that an operator has demoted, and ids that were
// used up. Its leader leads on, in the next call of Lead.
func TestRestoreIntoARunningCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := taken(t, "a", "b")
		c := NewWith(t, 3, Options{Spare: 2})
		c.Nodes[3].Start()
		c.Nodes[4].Start()
		leader := c.Leader()
		c.Until("five members", func() error {
			if n := len(members(t, leader)); n != 5 {
				return fmt.Errorf("%d members", n)
			}
			return nil
		})
		demoted, gone := c.Others(leader)[0], c.Nodes[4]
		c.WaitReady() // their rows are in the node table
		fine(t, done(leader.Demote(within(time.Minute), nil, demoted.ID)))
		fine(t, done(leader.Remove(within(time.Minute), nil, gone.ID)))
		gone.Stop()
		c.Until("a fourth voter", func() error {
			if role := roles(t, leader)["n4"]; role != "voter" {
				return fmt.Errorf("n4 is a %s", role)
			}
			return nil
		})
		c.Nodes[3].Crash()
		if _, err := leader.RestoreInto(within(time.Minute), bytes.NewReader(file)); !errors.As(err, new(*engine.Unavailable)) {
			t.Errorf("without one of the voters: %v", err)
		}
		c.Nodes[3].Start()
		c.WaitReady()
		before, err := leader.Status(within(time.Minute))
		fine(t, err)
		if len(before.Members) != 4 || slices.ContainsFunc(before.Members, func(m cluster.Member) bool { return m.ID == "" }) {
			t.Errorf("after a restore that was refused, the members are %+v", before.Members)
		}
		voters := slices.DeleteFunc([]string{"n1", "n2", "n3", "n4"}, func(id string) bool { return id == demoted.ID })
		wins := len(leader.Wins())

		r, err := leader.RestoreInto(within(time.Minute), bytes.NewReader(file))
		fine(t, err)
		slices.Sort(r.Voters)
		if !slices.Equal(r.Voters, voters) || len(r.Waits) > 0 || r.Cluster != before.ClusterID || r.Index <= r.Header.Index || r.Header.OpenRuns != 2 {
			t.Errorf("answered %+v", r)
		}
		holds(t, c, []string{"a", "b"}, nil)
		c.Check()
		after, err := c.Leader().Status(within(time.Minute))
		fine(t, err)
		if after.ClusterID != before.ClusterID || after.Leader != leader.ID || after.Term != before.Term || after.LogTime < before.LogTime {
			t.Errorf("the cluster was %+v, and is %+v", before, after)
		}
		if all := leader.Wins(); len(all) != wins+1 || !all[wins-1].Ended {
			t.Errorf("the leader's wins are %+v, of which %d were before", all, wins)
		}
		for _, m := range after.Members {
			if want := m.ID != demoted.ID; m.HTTPAddress == "" || (m.Role == "voter") != want {
				t.Errorf("member %+v", m)
			}
		}
		<-time.After(2 * time.Minute) // longer than a digest is waited for, and than it takes to get a vote
		if got := roles(t, c.Leader())[demoted.ID]; got != "nonvoter" {
			t.Errorf("the node that an operator demoted is a %s", got)
		}
		c.Leader().View(func(v fsm.View) {
			if _, used := v.RemovedNode(gone.ID); !used {
				t.Error("the id of the removed node is free again")
			}
			if v.Checks() == nil {
				t.Error("no digests have been compared since")
			}
		})

		// A repeated call is refused, and the cluster lives on: through failover, and restarts.
		var full *cluster.NotEmpty
		if _, err := leader.RestoreInto(within(time.Minute), bytes.NewReader(file)); !errors.As(err, &full) || full.Facts()["open_runs"] != uint64(2) || full.Facts()["packages"] != uint64(1) {
			t.Errorf("repeated, it answered %v", err)
		}
		leader.Crash()
		must(t, mustPropose(c, Start("order", "c")), nil)
		leader.Start()
		c.Check()
		for _, n := range c.Nodes[:4] {
			n.Stop()
			n.Start()
		}
		holds(t, c, []string{"a", "b", "c"}, nil)
		c.Check()
	})
}

// TestRestoreIntoOneNode and into the very cluster that the backup is of.
func TestRestoreIntoOneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 1)
		loaded := Load("order", "v1")
		version := loaded.Command.(*fsm.LoadPackage).Package.Version
		must(t, mustPropose(c, loaded), nil)
		file := backupOf(t, c)
		must(t, mustPropose(c, fsm.Envelope{Command: &fsm.UnrouteType{Type: "order"}}), nil)
		must(t, mustPropose(c, fsm.Envelope{Command: &fsm.UnloadVersion{Type: "order", Version: version.String()}}), nil)
		id := clusterOf(t, c.Leader())
		if r, err := c.Leader().RestoreInto(within(time.Minute), bytes.NewReader(file)); err != nil || r.Cluster != id || r.Header.ClusterID != id {
			t.Fatalf("answered %+v, %v", r, err)
		}
		for range 2 {
			c.Leader().View(func(v fsm.View) {
				if _, _, _, there := v.Catalog().Resolve("order"); !there {
					t.Error("the package of the backup is not there")
				}
			})
			if got := clusterOf(t, c.Leader()); got != id {
				t.Errorf("the cluster was %s and is %s", id, got)
			}
			c.Check()
			c.Nodes[0].Crash()
			c.Nodes[0].Start()
		}
		hold(t, c, "a")
		c.Check()
	})
}

func clusterOf(t *testing.T, n *Node) string {
	t.Helper()
	s, err := n.Status(within(time.Minute))
	fine(t, err)
	return s.ClusterID
}

// TestRestoreIsRefused where it must be, and changes nothing then.
func TestRestoreIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := taken(t, "a")
		c := New(t, 3)
		leader := c.Leader()
		restore := func(n *Node, file []byte) error {
			t.Helper()
			_, err := n.RestoreInto(within(10*time.Second), bytes.NewReader(file))
			return err
		}
		damaged := slices.Clone(file)
		damaged[len(damaged)/2] ^= 1
		torn := file[:len(file)-40]
		newer := slices.Clone(file)
		newer[9]++
		var bad *catalog.InvalidInput
		for name, f := range map[string][]byte{"damaged": damaged, "torn": torn, "of a newer format": newer, "foreign": []byte("#!/bin/sh"), "nothing": nil} {
			if err := restore(leader, f); !errors.As(err, &bad) || bad.Field != "body" {
				t.Errorf("a file that is %s: %v", name, err)
			}
		}
		if err := restore(c.Others(leader)[0], file); !errors.As(err, new(*engine.NotLeader)) {
			t.Errorf("a node that does not lead answered %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		if _, err := c.Leader().RestoreInto(ended, endsAt(bytes.NewReader(file), len(file)/2, cancel)); err == nil {
			t.Error("a caller who went away in the middle was answered")
		}
		for id, role := range roles(t, c.Leader()) {
			if role != "voter" {
				t.Errorf("%s is a %s", id, role)
			}
		}
		holds(t, c, nil, []string{"a"})
		c.Check()
		must(t, mustPropose(c, Load("order", "v2")), nil)
		var full *cluster.NotEmpty
		if err := restore(c.Leader(), file); !errors.As(err, &full) {
			t.Errorf("into a cluster with a package: %v", err)
		}
		c.Check()
	})
}

// endsAt reads r, and calls f after n bytes.
func endsAt(r io.Reader, n int, f func()) io.Reader {
	return io.MultiReader(io.LimitReader(r, int64(n)), callsFirst(func() io.Reader { f(); return r }))
}

type callsFirst func() io.Reader

func (c callsFirst) Read(b []byte) (int, error) { return c().Read(b) }

// TestRestoreLosesNothingThatWasAcknowledged: a package is loaded while a restore is under way. If
// the load was acknowledged, the package is there afterwards: the restore is refused. The state
// hangs over the load, so that it is not applied yet when the restore begins.
func TestRestoreLosesNothingThatWasAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := taken(t, "a")
		c := New(t, 1)
		leader := c.Leader()
		leader.StallState()
		loaded, restored := make(chan error, 1), make(chan error, 1)
		go func() {
			r, err := leader.Propose(within(time.Minute), Load("ship", "v1"))
			if err == nil && r.Refusal != nil {
				err = r.Refusal
			}
			loaded <- err
		}()
		synctest.Wait()
		go func() {
			_, err := leader.RestoreInto(within(time.Minute), bytes.NewReader(file))
			restored <- err
		}()
		synctest.Wait()
		leader.FreeState()
		load, restore := <-loaded, <-restored
		c.WaitReady()
		there := false
		c.Leader().View(func(v fsm.View) { _, _, _, there = v.Catalog().Resolve("ship") })
		if load == nil && !there {
			t.Errorf("the load was acknowledged, and the package is gone; the restore answered %v", restore)
		}
		if restore == nil && there {
			t.Error("both were acknowledged")
		}
		c.Check()
	})
}

// TestRestoreWhoseLeaderIsLost at any of its moments, by a crash or cut off from the others:
// either the cluster is as it was, and the call can be repeated, or it has all of the backup.
// All nodes agree, and all vote again.
func TestRestoreWhoseLeaderIsLost(t *testing.T) {
	const far = 1000 // entries by which the state of a cluster that has the backup is ahead
	type moment struct {
		name string
		when func(l *Node, before uint64) bool
	}
	moments := []moment{
		{"it votes alone", func(l *Node, _ uint64) bool { return len(votersOf(t, l)) == 1 }},
		{"the state is replaced", func(l *Node, before uint64) bool { return l.State().Applied() > before+far }},
		{"another has the state", func(l *Node, before uint64) bool {
			return slices.ContainsFunc(l.all.Others(l), func(o *Node) bool { return o.State().Applied() > before+far })
		}},
		{"another votes again", func(l *Node, before uint64) bool {
			return l.State().Applied() > before+far && len(votersOf(t, l)) > 1
		}},
	}
	for ms := 4; ms <= 28; ms += 4 { // asking the voters, and taking their votes
		var since time.Time
		moments = append(moments, moment{fmt.Sprint(ms, " ms have passed"), func(*Node, uint64) bool {
			if since.IsZero() {
				since = time.Now()
			}
			return time.Since(since) >= time.Duration(ms)*time.Millisecond
		}})
	}
	outcomes := map[bool]int{}
	for i, m := range moments {
		synctest.Test(t, func(t *testing.T) {
			file := taken(t, "a", "b")
			c := NewWith(t, 3, Options{Latency: 3 * time.Millisecond})
			leader := c.Leader()
			before := leader.State().Applied()
			answered := make(chan error, 1)
			go func() {
				_, err := leader.RestoreInto(within(20*time.Second), bytes.NewReader(file))
				answered <- err
			}()
			for !m.when(leader, before) {
				<-time.After(time.Millisecond)
			}
			if i%2 == 0 {
				leader.Crash()
				leader.Start()
			} else {
				c.Isolate(leader)
				<-time.After(10 * time.Second)
				c.Heal()
			}
			err := <-answered
			c.WaitReady()
			c.Check()
			full := c.Leader().hasRuns("a", "b")
			outcomes[full]++
			if err == nil && !full {
				t.Errorf("lost when %s: acknowledged, and the runs are gone", m.name)
			}
			again := error(nil)
			c.Until("a repeated restore", func() error {
				_, again = c.Leader().RestoreInto(within(time.Minute), bytes.NewReader(file))
				if errors.As(again, new(*engine.Unavailable)) || errors.As(again, new(*engine.NotLeader)) {
					return again
				}
				return nil
			})
			if refused := errors.As(again, new(*cluster.NotEmpty)); refused != full || !refused && again != nil {
				t.Errorf("lost when %s: repeated, it answered %v", m.name, again)
			}
			holds(t, c, []string{"a", "b"}, nil)
			c.Until("three voters", func() error {
				if v := votersOf(t, c.Leader()); len(v) != 3 {
					return fmt.Errorf("%v vote", v)
				}
				return nil
			})
			must(t, mustPropose(c, Start("order", "c")), nil)
			c.Check()
		})
	}
	if outcomes[true] == 0 || outcomes[false] == 0 {
		t.Errorf("restored or not: %v; the moments are not what they should be", outcomes)
	}
}

func votersOf(t *testing.T, n *Node) (ids []string) {
	t.Helper()
	s, err := n.Status(within(10 * time.Second))
	fine(t, err)
	for _, m := range s.Members {
		if m.Role == "voter" {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// hasRuns reports whether a node has runs of these workflow ids.
func (n *Node) hasRuns(ids ...string) (all bool) {
	all = true
	n.View(func(v fsm.View) {
		for _, id := range ids {
			_, ok := v.Latest(id)
			all = all && ok
		}
	})
	return all
}
