// Package freeport finds loopback addresses for nodes of tests, benchmarks and the demo.
//
// It gives ports below those that the kernel takes for connections that go out: a node that is
// killed and started again finds its port as it left it, and nobody takes it between the search
// and the node's listening. It holds no port, and knows nothing of what another process was given.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The range, in which neither Linux (from 32768) nor the others (from 49152) choose.
const (
	first = 20_000
	count = 12_000
)

var (
	mu   sync.Mutex
	next = rand.IntN(count) // each process begins elsewhere
)

// Take returns n different addresses of 127.0.0.1 on which nobody listens, with TCP or with UDP. It
// gives none of them again before all others of the range were given.
func Take(n int) ([]string, error) {
	mu.Lock()
	defer mu.Unlock()
	var addresses []string
	for range count {
		if len(addresses) == n {
			return addresses, nil
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+next))
		next = (next + 1) % count
		if free(address) {
			addresses = append(addresses, address)
		}
	}
	return nil, errors.New("freeport: there are not enough free ports from 20000 to 31999")
}

func free(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return u.Close() == nil
}
