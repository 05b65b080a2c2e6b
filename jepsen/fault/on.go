package fault

import (
	"errors"

	"aion.dev/aion/jepsen/netns"
)

// Network is what a fault needs between nodes.
type Network int

const (
	Any        Network = iota // nothing beyond what every cluster has: links of clients
	Proxies                   // links between nodes, which a cluster without namespaces has
	Namespaces                // a switch between nodes, which a cluster in namespaces has
	Netem                     // a switch, and a kernel that can delay frames
)

// Fits returns why the fault cannot run in a cluster whose nodes are, or are not, in namespaces;
// nil if it can.
func (k Kind) Fits(namespaces bool) error {
	switch {
	case k.On == Proxies && namespaces:
		return errors.New(k.Name + " works on proxies, and there are none between nodes in namespaces; see the family netns")
	case k.On >= Namespaces && !namespaces:
		return errors.New(k.Name + " needs --netns: nodes in network namespaces")
	case k.On == Netem && !netns.Netem():
		return errors.New(k.Name + ": this kernel has no netem")
	}
	return nil
}

// Lacking lists which of the faults of namespaces this machine cannot make.
func Lacking() (why []error) {
	for _, name := range Names() {
		if k := kinds[name]; k.On >= Namespaces {
			if err := k.Fits(true); err != nil {
				why = append(why, err)
			}
		}
	}
	return why
}
