package enginetest

import "aion.dev/aion/engine"

// Configure changes what the next Restart starts the engine with.
func (n *Node) Configure(change func(*engine.Config)) { change(&n.config) }
