// Package netns gives every end of a cluster under test a network namespace of its own, joins them
// by a switch, and disturbs what the switch carries: cables that are pulled, frames that are lost,
// queues that are too short. The kernel does the rest, as between machines: retransmission, ARP,
// connections that one side has forgotten.
//
// It never touches the host's network: it only creates namespaces, and the suite talks to the nodes
// through sockets that it opens inside (Space.Do). It needs root, iproute2 and a Linux with veth,
// bridge and cls_bpf (Check), and netem for some faults. Names contain the process id of their
// creator, so that the next process removes what a killed one left.
//
// It decides which frames arrive, never what nodes send. Begin with Switch, then Rule.
package netns
