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

// control is where AION_FAULTS points to; empty = nothing goes wrong.
var control = func() string {
	path := os.Getenv("AION_FAULTS")
	os.Unsetenv("AION_FAULTS") // the node refuses variables that begin like its own and are none
	return path
}()

var (
	now     atomic.Pointer[Control]
	reading sync.Once
)

const readEvery = 20 * time.Millisecond

// current is what the control file says. A file that is not there says nothing; one that cannot be
// read is a mistake of the suite.
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

// counted is how many operations have met the disk fault that is on now.
var counted atomic.Int64
