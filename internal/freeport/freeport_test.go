package freeport

import (
	"net"
	"testing"
)

func TestTake(t *testing.T) {
	list, err := Take(100)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Take(100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, address := range append(list, again...) {
		if seen[address] {
			t.Errorf("%s was given twice", address)
		}
		seen[address] = true
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		u, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer u.Close()
	}
}

// An address on which somebody listens, with TCP or with UDP, is left out.
func TestTaken(t *testing.T) {
	list, err := Take(2)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", list[0])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", list[1])
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	for _, address := range list {
		if free(address) {
			t.Errorf("%s is free, and somebody listens on it", address)
		}
	}
	if _, err := Take(count + 1); err == nil {
		t.Error("more ports than there are were found")
	}
}
