package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/google/uuid"
	"github.com/hashicorp/raft"
)

// Recovery is what Recover does, or would do.
type Recovery struct {
	Cluster   string // id of the cluster whose quorum is lost
	New       string // id of the cluster that begins; empty when nothing was done
	Node      string
	Address   string // at which others will reach it
	Applied   uint64 // by the state before
	Committed uint64 // newest entry that this node knew to be committed
	Last      uint64 // newest entry of the log: all up to it are kept
	At        history.Time
	Index     uint64 // of the new cluster's state
	Digest    string
	Voters    []OldMember // of the old cluster, this node too
}

// OldMember is a member of a cluster, as a node's folder names it.
type OldMember struct {
	ID      string
	Address string
	Voter   bool
	Answers string // what was found at its address; empty = nothing answers
}

// Recover makes this node, which is down, the only voter of a new cluster, for a cluster that has
// lost its quorum for good. Every entry in its log is kept, whether it was committed or not: an
// acknowledged write was on a majority, and it cannot be known which of the others' disks it was
// on. What was acknowledged and is not in this node's log is lost.
//
// It is refused while anything answers at the address of another voter. Silence is no proof that
// the others are down, so confirm must name the cluster; with dry, nothing is changed. Once it has
// begun it must be finished: a repeated call goes on.
func Recover(ctx context.Context, cfg Config, confirm string, dry bool) (r Recovery, err error) {
	if cfg, err = cfg.withDefaults(); err != nil {
		return r, err
	}
	if r.Address, err = cfg.address(); err != nil {
		return r, err
	}
	o, mark, err := openForRecovery(cfg)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	r.Node, r.Cluster = o.identity.NodeID, o.identity.ClusterID()
	if mark == nil {
		if err := o.survey(ctx, &r); err != nil || dry {
			return r, err
		}
		if confirm != r.Cluster {
			return r, &Refused{Why: fmt.Sprintf("this would end cluster %s for good: confirm it by naming that id, not %q", r.Cluster, confirm), Info: map[string]any{"cluster_id": r.Cluster}}
		}
		mark = &folder.Unfinished{Command: "recover", ClusterID: uuid.NewString()}
		// From here on the state may hold entries that the old cluster never committed.
		if err := mark.Begin(cfg.DataDir); err != nil {
			return r, err
		}
	} else if dry {
		return r, refuse("a recovery of this data folder has begun and must be finished: repeat it without --dry-run")
	}
	term, err := o.stores.Term()
	if err != nil {
		return r, err
	}
	if r.Last, err = o.applyAll(); err != nil {
		return r, err
	}
	if err := o.refound(mark.ClusterID, max(r.Last, o.state.Applied())+1, term+1); err != nil {
		return r, err
	}
	r.New = mark.ClusterID
	index, digest := o.state.Digest()
	r.Index, r.Digest = index, digest.String()
	o.state.View(func(v fsm.View) { r.At = v.Now() })
	if o.failed != nil {
		return r, o.failed
	}
	return r, mark.Finish(cfg.DataDir)
}

// openForRecovery opens a folder with a log, or one whose recovery has begun.
func openForRecovery(cfg Config) (o *offline, mark *folder.Unfinished, err error) {
	if mark, err = folder.ReadUnfinished(cfg.DataDir); err != nil {
		return nil, nil, err
	}
	if mark != nil && mark.Command != "recover" {
		return nil, nil, refuse("data folder %s: %v", cfg.DataDir, mark)
	}
	if fresh, err := isFresh(cfg.DataDir); err != nil {
		return nil, nil, err
	} else if fresh {
		return nil, nil, refuse("data folder %s is empty: there is nothing to recover", cfg.DataDir)
	}
	if o, err = openOffline(cfg); err != nil {
		return nil, nil, err
	}
	if err = catchUpFromSnapshot(o.state, o.stores); err == nil && mark == nil {
		// after a recovery that was killed, the log may end before the state
		err = checkMeets(o.state.Applied(), o.stores, o.identity.NodeID, cfg.DataDir)
	}
	if err != nil {
		return nil, nil, errors.Join(err, o.close())
	}
	return o, mark, nil
}

// survey finds out what a recovery would do, and refuses it where it must not be done.
func (o *offline) survey(ctx context.Context, r *Recovery) (err error) {
	r.Applied = o.state.Applied()
	o.state.View(func(v fsm.View) { r.At = v.Now() })
	if r.Last, r.Committed, err = o.ends(); err != nil {
		return err
	}
	conf, err := o.configuration()
	if err != nil {
		return err
	}
	self := slices.IndexFunc(conf.Servers, func(s raft.Server) bool { return string(s.ID) == r.Node })
	if r.Cluster == "" || len(conf.Servers) == 0 {
		return refuse("node %s belongs to no cluster: there is nothing to recover", r.Node)
	}
	if self < 0 || conf.Servers[self].Suffrage != raft.Voter {
		return refuse("node %s does not vote in cluster %s, so it may lack what was acknowledged: recover a voter; if there is none, aion-node backup --stale takes what this node has, and restore makes a cluster of it", r.Node, r.Cluster)
	}
	voters := slices.DeleteFunc(conf.Servers, func(s raft.Server) bool { return s.Suffrage != raft.Voter })
	if len(voters) == 1 {
		return refuse("node %s is the only voter of cluster %s, so its quorum is not lost: start it", r.Node, r.Cluster)
	}
	if r.Voters, err = o.look(ctx, voters); err != nil {
		return err
	}
	var alive []string
	for _, m := range r.Voters {
		if m.Answers != "" {
			alive = append(alive, fmt.Sprintf("%s at %s (%s)", m.ID, m.Address, m.Answers))
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return &Refused{
		Why: fmt.Sprintf("not all other voters of cluster %s are down: %s. With this node they may be a majority, which goes on by itself once this node is started. If they are too few, recover the one with the longest log, and stop the others first",
			r.Cluster, strings.Join(alive, "; ")),
		Info: map[string]any{"cluster_id": r.Cluster, "alive": alive},
	}
}

// ends returns the newest entry of the log, or of the newest snapshot, and the newest one that this
// node knew to be committed.
func (o *offline) ends() (last, committed uint64, err error) {
	if last, err = o.stores.Log.LastIndex(); err != nil {
		return 0, 0, err
	}
	list, err := o.stores.Snapshots.List()
	if err != nil {
		return 0, 0, err
	}
	committed = o.state.Applied()
	if len(list) > 0 {
		last, committed = max(last, list[0].Index), max(committed, list[0].Index)
	}
	if known, err := o.stores.Stable.GetUint64(commitIndexKey); err == nil {
		committed = max(committed, known)
	}
	return max(last, o.state.Applied()), committed, nil
}

// configuration returns the newest one in the folder, as raft does.
func (o *offline) configuration() (conf raft.Configuration, err error) {
	list, err := o.stores.Snapshots.List()
	if err != nil {
		return conf, err
	}
	if len(list) > 0 {
		conf = list[0].Configuration
	}
	err = o.eachEntry(0, func(l *raft.Log) error {
		if l.Type == raft.LogConfiguration {
			conf = raft.DecodeConfiguration(l.Data)
		}
		return nil
	})
	return conf, err
}

// eachEntry reads the log from an index on.
func (o *offline) eachEntry(from uint64, f func(*raft.Log) error) error {
	first, err := o.stores.Log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := o.stores.Log.LastIndex()
	if err != nil || last == 0 {
		return err
	}
	for i := max(first, from); i <= last; i++ {
		var l raft.Log
		if err := o.stores.Log.GetLog(i, &l); err != nil {
			return fmt.Errorf("read entry %d: %w", i, err)
		}
		if err := f(&l); err != nil {
			return err
		}
	}
	return nil
}

// applyAll applies every entry of the log, and returns the index of the last one.
func (o *offline) applyAll() (last uint64, err error) {
	err = o.eachEntry(o.state.Applied()+1, func(l *raft.Log) error {
		last = l.Index
		if l.Type != raft.LogCommand {
			return nil
		}
		if _, err := o.state.Apply(l.Index, l.Data); err != nil {
			return fmt.Errorf("entry %d of the log cannot be applied: %w", l.Index, err)
		}
		return nil
	})
	return max(last, o.state.Applied()), err
}

// look finds out what answers at the addresses of the other voters.
func (o *offline) look(ctx context.Context, voters []raft.Server) ([]OldMember, error) {
	found := make([]OldMember, len(voters))
	cluster := o.identity.ClusterID()
	p, err := port.Open(port.Config{
		Address: o.cfg.RaftListen, Advertise: o.cfg.RaftAddress, TLS: o.cfg.TLS, Logger: o.cfg.Logger,
		Self: func() port.Introduction {
			return port.Introduction{Name: o.cfg.ClusterName, Cluster: cluster, From: o.identity.NodeID, Instance: uuid.NewString()}
		},
	})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var all sync.WaitGroup
	for i, s := range voters {
		found[i] = OldMember{ID: string(s.ID), Address: string(s.Address), Voter: true}
		if found[i].ID != o.identity.NodeID {
			all.Go(func() {
				found[i].Answers = answersAtAddress(ctx, p, port.Server{ID: found[i].ID, Address: found[i].Address})
			})
		}
	}
	all.Wait()
	return found, ctx.Err()
}

// lookWithin bounds how long one address is asked.
const lookWithin = 3 * time.Second

// answersAtAddress returns what is at an address; empty = nothing that could be a node. Only a
// connection that is not accepted, or is closed before anything was said, counts as nothing: a node
// that is frozen accepts connections, and one with other certificates refuses them.
func answersAtAddress(ctx context.Context, p *port.Port, s port.Server) string {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return ""
	}
	c.Close()
	_, err = p.Call(ctx, s, port.CallHello, []byte("{}"))
	switch {
	case err == nil:
		return "answers"
	case ctx.Err() != nil:
		return "accepts connections and says nothing"
	case nobody(err):
		return ""
	}
	return "answers: " + err.Error()
}

// nobody reports whether a connection ended before the other side said anything: a proxy, or a port
// map, of something that is gone.
func nobody(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	text := err.Error()
	return strings.HasSuffix(text, "EOF") || strings.Contains(text, "connection reset by peer") || strings.Contains(text, "broken pipe") || strings.Contains(text, "connection refused")
}
