package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// Check says what keeps this process from making namespaces, or nil. What only the kernel can refuse, it refuses in New.
func Check() error {
	var missing []error
	if runtime.GOOS != "linux" || sysSetns == 0 {
		missing = append(missing, fmt.Errorf("%s on %s is not supported", runtime.GOOS, runtime.GOARCH))
	}
	if os.Geteuid() != 0 {
		missing = append(missing, fmt.Errorf("root is needed, this is user %d", os.Geteuid()))
	}
	for _, tool := range []string{"ip", "tc"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, fmt.Errorf("iproute2 is needed: there is no %s in PATH", tool))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("network namespaces: %w", errors.Join(missing...))
	}
	return nil
}

// Netem reports whether the kernel can delay, reorder, duplicate and spoil frames; false also where Check fails. It is found out once, in a namespace of its own.
var Netem = sync.OnceValue(func() bool {
	if Check() != nil {
		return false
	}
	s, err := newSpace(newName() + "-netem")
	if err != nil {
		return false
	}
	defer s.close()
	return command("", "tc", "-n", s.name, "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms") == nil
})
