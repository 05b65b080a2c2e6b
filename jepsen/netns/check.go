package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// Check returns why this process cannot make switches, or nil. It tries once, with a temporary
// namespace, what switches are made of.
func Check() error {
	_, err := probe()
	return err
}

// Netem reports whether the kernel can delay, reorder, duplicate and corrupt frames. It is false if
// Check fails.
func Netem() bool {
	netem, err := probe()
	return netem && err == nil
}

var probe = sync.OnceValues(func() (netem bool, err error) {
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
		return false, fmt.Errorf("network namespaces: %w", errors.Join(missing...))
	}
	// Root in a container may lack the permissions, and a kernel may be built without these
	// features.
	s, err := newSpace(newName() + "-probe")
	if err != nil {
		return false, fmt.Errorf("network namespaces: %w", err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, try := range [][]string{
		{"ip", "link add bridge type bridge"},
		{"ip", "link add port0 type veth peer name eth0"},
		{"tc", "qdisc add dev port0 clsact"},
		{"tc", "filter add dev port0 egress protocol all pref 1 handle 1 bpf direct-action bytecode '1,6 0 0 0'"},
		{"tc", "qdisc add dev port0 root tbf rate 1mbit burst 3000b limit 10000b"},
	} {
		if err := batch(s.name, try[0], try[1:]); err != nil {
			return false, fmt.Errorf("network namespaces: %w", err)
		}
	}
	if err := s.Do(func() error { return nil }); err != nil {
		return false, fmt.Errorf("network namespaces: %w", err)
	}
	return batch(s.name, "tc", []string{"qdisc add dev eth0 root netem delay 1ms"}) == nil, nil
})
