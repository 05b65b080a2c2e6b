package node

import (
	"path/filepath"

	"aion.dev/aion/cmd/aion-node/config"
)

// guestsDir is where a node keeps compiled WebAssembly: what the child that checks deploys has
// compiled, the node need not compile again. All of it can be made anew.
func guestsDir(cfg config.Config) string { return filepath.Join(cfg.Node.DataDir, "guests") }
