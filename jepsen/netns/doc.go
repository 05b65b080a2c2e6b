// Package netns gives every end of a cluster under test a network namespace of its own, joins them
// by a switch, and spoils what the switch carries: cables that are pulled, frames that are lost,
// queues that are too short. The kernel does the rest, as between machines: retransmission, ARP,
// connections that one side has forgotten.
//
// The host's network is never touched: nothing but namespaces is made in it, and the suite speaks
// with the nodes through sockets that it opens inside (Space.Do). It needs root, iproute2 and a
// Linux that has veth, bridge and cls_bpf (Check); netem where there is one. What is made carries
// the maker's process id in its name, so that what a killed maker left is removed by the next.
//
// It decides which frames arrive, never what nodes say. Begin with Switch, then Rule.
package netns
