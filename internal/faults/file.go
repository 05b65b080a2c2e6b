//go:build aionfaults

package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// control is the path in AION_FAULTS; empty = no faults.
var control = func() string {
	path := os.Getenv("AION_FAULTS")
	os.Unsetenv("AION_FAULTS") // the node refuses unknown variables with its own prefix
	return path
}()

var (
	now     atomic.Pointer[Control]
	reading sync.Once
)

const readEvery = 20 * time.Millisecond

// current returns the content of the control file. A missing file means no faults; an unreadable
// one is an error of the suite.
func current() *Control {
	reading.Do(func() {
		now.Store(&Control{})
		if control == "" {
			return
		}
		seen, _ := os.ReadFile(control)
		set(seen)
		go func() {
			for range time.Tick(readEvery) {
				if b, _ := os.ReadFile(control); !bytes.Equal(b, seen) {
					seen = b
					set(b)
				}
			}
		}()
	})
	return now.Load()
}

func set(b []byte) {
	c := &Control{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, c); err != nil {
			fmt.Fprintf(os.Stderr, "faults: %s: %v\n", control, err)
			return
		}
	}
	if old := now.Load(); old.Disk != c.Disk {
		counted.Store(0)
	}
	now.Store(c)
}

// counted is how many operations the current disk fault has seen.
var counted atomic.Int64
