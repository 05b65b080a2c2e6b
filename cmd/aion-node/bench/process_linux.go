package bench

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes a node end with this process, however that ends: a second interrupt, or
// SIGKILL, leaves it no time to end its nodes.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
