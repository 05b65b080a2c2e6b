// Package authority creates what a cluster beyond loopback needs before its first start: a
// certificate authority, a certificate for each node that proves it to be that node, a key for
// gossip, a token, and an aion.toml for each node that combines them.
//
// It decides what those files contain, and never replaces an existing one: running it again adds
// nodes, and renews certificates only on request. It opens no sockets. The node that reads the
// files checks whether they are usable. Begin with Set.
package authority
