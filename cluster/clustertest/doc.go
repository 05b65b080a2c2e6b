// Package clustertest runs whole clusters inside one testing/synctest bubble: real raft, real state
// machines, real group commit, on memory instead of sockets and disks. Elections, partitions and
// heals take no real time, so failover tests are ordinary unit tests without sleeps.
//
// It decides what the network and the disks do to the nodes; it never stands in for raft, the state
// machine or package cluster itself. Begin with New.
package clustertest
