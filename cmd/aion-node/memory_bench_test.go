package main

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkIdleNode measures an idle node in a process of its own: resident memory and open files.
// docs/OPERATIONS.md quotes it.
func BenchmarkIdleNode(b *testing.B) {
	f := &fleet{dir: b.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a"); err != nil {
		b.Fatal(err)
	}
	var resident, files float64
	for b.Loop() {
		time.Sleep(2 * time.Second) // memory of the start is released meanwhile
		resident, files = 0, 0
		answer, err := f.get("a", "/metrics")
		if err != nil {
			b.Fatal(err)
		}
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), " ")
			switch n, _ := strconv.ParseFloat(value, 64); name {
			case "process_resident_memory_bytes":
				resident = n
			case "process_open_fds":
				files = n
			}
		}
		if err := answer.Body.Close(); err != nil {
			b.Fatal(err)
		}
		if resident == 0 || files == 0 {
			b.Fatal(fmt.Errorf("the node told %v bytes and %v files", resident, files))
		}
	}
	b.ReportMetric(resident/1e6, "resident-MB")
	b.ReportMetric(files, "files")
}
