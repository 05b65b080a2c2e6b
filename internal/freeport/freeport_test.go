package freeport

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const child = "FREEPORT_CHILD" // in the environment: print this many addresses, and wait for the end of stdin

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(child)); err == nil {
		for range n {
			row, err := Take(9)
			if err != nil {
				println(err.Error())
				os.Exit(1)
			}
			os.Stdout.WriteString(strings.Join(row, "\n") + "\n")
		}
		os.Stdout.Close()
		os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestProcessesShareNoPort: what one process was given, no other is, even while nobody listens.
func TestProcessesShareNoPort(t *testing.T) {
	seen := map[string]bool{}
	take := func(addresses []string) {
		for _, a := range addresses {
			if seen[a] {
				t.Errorf("%s was given to two processes", a)
			}
			seen[a] = true
		}
	}
	for range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), child+"=60")
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
		var b strings.Builder
		buf := make([]byte, 4096)
		for {
			n, err := out.Read(buf)
			b.Write(buf[:n])
			if err != nil {
				break
			}
		}
		addresses := strings.Fields(b.String())
		if len(addresses) != 60*9 {
			t.Fatalf("%d addresses", len(addresses))
		}
		take(addresses)
	}
	row, err := Take(Most)
	if err != nil {
		t.Fatal(err)
	}
	take(row)
}

func TestRow(t *testing.T) {
	before := 0
	for range 100 { // over several blocks
		row, err := Take(7)
		if err != nil {
			t.Fatal(err)
		}
		for i, address := range row {
			_, text, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			port, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			if port < first || port >= 32_000 || i > 0 && port != before+1 {
				t.Fatalf("port %d after %d", port, before)
			}
			before = port
		}
	}
}

// TestOwnPortsAgain: a process that was given all it may have is given its oldest ports, not those
// of others.
func TestOwnPortsAgain(t *testing.T) {
	seen := map[string]bool{}
	for range 3 * most {
		row, err := Take(Most)
		if err != nil {
			t.Fatal(err)
		}
		seen[row[0]] = true
	}
	if len(seen) > most || len(own.held) > most {
		t.Fatalf("%d rows of %d blocks", len(seen), len(own.held))
	}
}

func TestSizes(t *testing.T) {
	for _, n := range []int{-1, 0, Most + 1} {
		if row, err := Take(n); err == nil || !strings.Contains(err.Error(), "the limit is 59") {
			t.Errorf("%d: %v, %v", n, row, err)
		}
	}
}

// TestTaken: an address on which somebody listens, with TCP or with UDP, is left out.
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
}
