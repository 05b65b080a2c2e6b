package cluster

import (
	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/cluster/port"
)

// openAddresses opens this node's listeners: the node port, which carries raft and node calls, and
// then gossip, which announces the node port's address to other nodes.
func (c *Cluster) openAddresses() error {
	parts := c.cfg.Parts
	c.caller, c.discovery, c.archives = parts.Caller, parts.Discovery, parts.Archives
	inner := parts.Link
	var own *port.Port
	if inner == nil {
		var err error
		own, err = port.Open(port.Config{
			Address: c.cfg.RaftListen, Advertise: c.cfg.RaftAddress, TLS: c.cfg.TLS, Self: c.Introduction, Place: c.configuredAddress, MaxConnections: c.cfg.Connections, Memory: c.cfg.Memory, Logger: c.log.Named("port"),
		})
		if err != nil {
			return err
		}
		c.built.Add(own.Close)
		c.caller = own
		inner = port.NewRaftNetwork(own, c.log.Named("raft-net"))
	}
	c.link = newLink(inner, c.mayStand, c.refuseMessage, c.written.Durable)
	c.built.Add(c.link.Close)
	if err := c.openArchives(own); err != nil {
		return err
	}
	c.handleCalls()
	if own != nil {
		own.Serve()
	}
	return c.openGossip()
}

// configuredAddress returns a member's address in the configuration, or "" if the id is not a
// member.
func (c *Cluster) configuredAddress(id string) string {
	if r := c.raft.Load(); r != nil {
		if s, err := findMember(r, id); err == nil {
			return string(s.Address)
		}
	}
	return ""
}

// openGossip listens for gossip on the configured address.
func (c *Cluster) openGossip() error {
	if c.discovery != nil || c.cfg.GossipListen == "" {
		return nil
	}
	g, err := gossip.Open(gossip.Config{
		Self:    gossip.Peer{ID: c.id, RaftAddress: c.self().Address, HTTPAddress: c.cfg.HTTPAddress, ClusterID: c.clusterID()},
		Listen:  c.cfg.GossipListen,
		Address: c.cfg.GossipAddress,
		Key:     c.cfg.GossipKey,
		Join:    c.cfg.Join,
		Logger:  c.log,
	})
	if err != nil {
		return err
	}
	c.built.Add(g.Close)
	c.discovery, c.gossip = g, g
	return nil
}
