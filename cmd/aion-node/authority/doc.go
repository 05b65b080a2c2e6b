// Package authority makes what a cluster beyond loopback needs before its first start: a
// certificate authority, a certificate for each node that proves it to be that node, a key for
// gossip, a token, and an aion.toml for each node that puts them together.
//
// It decides how those files look and never replaces one that is there: to run it again adds nodes,
// and renews certificates only when asked to. It opens no sockets; whether the files are any good
// is judged by the node that reads them. Begin with Set.
package authority
