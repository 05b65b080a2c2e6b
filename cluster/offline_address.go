package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/logstore"
	"github.com/hashicorp/raft"
)

// Readdressed is what Readdress did, or would do.
type Readdressed struct {
	Cluster string
	Node    string
	Members []Moved // all of them
}

// Moved is a member with the address that it had, and the one that it gets.
type Moved struct {
	ID, From, To string
	Voter        bool
}

// Readdress writes new addresses of members into the folder of this node, which is down. It is for
// a cluster whose members have all moved: they would not vote for each other, and there is no
// leader to tell where they are. Cluster, members and log stay what they are, so it is done on each
// of them, with the same addresses. With dry, nothing is changed.
//
// It is refused while a member that moves still answers at its old address.
func Readdress(ctx context.Context, cfg Config, addresses map[string]string, dry bool) (r Readdressed, err error) {
	if cfg, err = cfg.withDefaults(); err != nil {
		return r, err
	}
	own, err := cfg.address()
	if err != nil {
		return r, err
	}
	mark, err := folder.ReadUnfinished(cfg.DataDir)
	if err != nil {
		return r, err
	}
	if mark != nil && mark.Command != readdressCommand {
		return r, refuse("data folder %s: %v", cfg.DataDir, mark)
	}
	if fresh, err := isFresh(cfg.DataDir); err != nil || fresh {
		return r, errors.Join(err, refuse("data folder %s is empty: there is nothing to recover", cfg.DataDir))
	}
	if mark != nil {
		id, err := folder.OpenIdentity(cfg.DataDir, cfg.NodeID)
		if err != nil {
			return r, err
		}
		err = logstore.RepairSwap((&Cluster{cfg: cfg}).storesConfig().Dir)
		if err = errors.Join(err, id.Close()); err != nil {
			return r, err
		}
	}
	o, err := openOffline(cfg)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	r.Cluster, r.Node = o.identity.ClusterID(), o.identity.NodeID
	conf, err := o.configuration()
	if err != nil {
		return r, err
	}
	if r.Members, err = moves(conf, addresses, r.Node, own); err != nil {
		return r, err
	}
	if err := o.refuseAtOldAddresses(ctx, conf, r.Members); err != nil || dry {
		return r, err
	}
	stores := o.storesConfig()
	if err := errors.Join(o.stores.CopyReaddressed(stores, addresses, commitIndexKey), o.closeStores(), o.failed); err != nil {
		return r, err
	}
	mark = &folder.Unfinished{Command: readdressCommand, ClusterID: r.Cluster}
	if err := mark.Begin(cfg.DataDir); err != nil {
		return r, err
	}
	if err := logstore.Swap(stores.Dir); err != nil {
		return r, err
	}
	return r, mark.Finish(cfg.DataDir)
}

const readdressCommand = "recover --address"

// moves returns what becomes of each member.
func moves(conf raft.Configuration, addresses map[string]string, self, own string) (list []Moved, err error) {
	left, at := maps.Clone(addresses), map[string]string{}
	for _, s := range conf.Servers {
		m := Moved{ID: string(s.ID), From: string(s.Address), To: string(s.Address), Voter: s.Suffrage == raft.Voter}
		if to, ok := addresses[m.ID]; ok {
			m.To = to
			delete(left, m.ID)
		}
		if err := checkAddress(m.To); err != nil || unspecific(m.To) {
			return nil, refuse("the address %q of node %s is not one that others can reach: want host:port", m.To, m.ID)
		}
		if other, taken := at[m.To]; taken {
			return nil, refuse("nodes %s and %s would both be at %s", other, m.ID, m.To)
		}
		at[m.To] = m.ID
		if m.ID == self && m.To != own {
			return nil, refuse("this node, %s, would be at %s, and its settings say %s (raft.advertise)", self, m.To, own)
		}
		list = append(list, m)
	}
	if len(left) > 0 {
		return nil, refuse("no member of the cluster is called %s; there are %s", strings.Join(slices.Sorted(maps.Keys(left)), ", "), memberNames(conf))
	}
	return list, nil
}

func memberNames(conf raft.Configuration) string {
	var names []string
	for _, s := range conf.Servers {
		names = append(names, fmt.Sprintf("%s at %s", s.ID, s.Address))
	}
	return strings.Join(names, ", ")
}

// refuseAtOldAddresses refuses if a member that moves still is where it was.
func (o *offline) refuseAtOldAddresses(ctx context.Context, conf raft.Configuration, members []Moved) error {
	var moving []raft.Server
	for i, m := range members {
		if m.To != m.From {
			moving = append(moving, conf.Servers[i])
		}
	}
	if len(moving) == 0 {
		return nil
	}
	found, err := o.look(ctx, moving)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Answers == "answers" {
			return refuse("node %s answers at %s, its old address: a cluster with a majority tells the others where a node is by itself, once that is started at its new address", f.ID, f.Address)
		}
	}
	return nil
}
