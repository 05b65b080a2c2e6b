package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// Check says what keeps this process from making switches, or nil. It is found out once, by trying
// what switches are made of in a namespace that is gone afterwards.
func Check() error {
	_, err := probe()
	return err
}

// Netem reports whether the kernel can delay, reorder, duplicate and spoil frames; false also where
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
	// Root in a container may have no right to any of this, and a kernel may be built without.
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
