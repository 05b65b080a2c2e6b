package enginetest

import "aion.dev/aion/engine"

// Configure changes the configuration with which the next Restart starts the engine.
func (n *Node) Configure(change func(*engine.Config)) { change(&n.config) }
