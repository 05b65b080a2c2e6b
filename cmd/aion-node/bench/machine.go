package bench

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Machine describes the machine that measures. What the system does not tell is empty.
type Machine struct {
	CPU         string  `json:"cpu,omitempty"`
	Cores       int     `json:"cores"`
	MemoryBytes uint64  `json:"memory_bytes,omitempty"`
	System      string  `json:"system"`
	Kernel      string  `json:"kernel,omitempty"`
	Go          string  `json:"go"`
	FsyncP50    float64 `json:"fsync_p50_ms,omitempty"` // of 4 KiB appended to a file, where the nodes' data is
	FsyncP99    float64 `json:"fsync_p99_ms,omitempty"`
}

// describeMachine describes this machine; where is a folder on the disk to measure, "" = none.
func describeMachine(where string) (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Kernel: fileText("/proc/sys/kernel/osrelease")}
	if found := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindStringSubmatch(fileText("/proc/cpuinfo")); found != nil {
		m.CPU = found[1]
	}
	if found := regexp.MustCompile(`(?m)^MemTotal:\s*(\d+) kB$`).FindStringSubmatch(fileText("/proc/meminfo")); found != nil {
		kib, _ := strconv.ParseUint(found[1], 10, 64)
		m.MemoryBytes = kib << 10
	}
	if where == "" {
		return m, nil
	}
	times, err := fsyncs(where, 200)
	if err != nil {
		return m, fmt.Errorf("measure the disk: %w", err)
	}
	m.FsyncP50, m.FsyncP99 = quantile(times, 0.5), quantile(times, 0.99)
	return m, nil
}

// fileText reads a small file; "" if there is none, as on systems other than Linux.
func fileText(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// fsyncs appends 4 KiB to a file and syncs it, n times, and returns the sorted times.
func fsyncs(dir string, n int) ([]time.Duration, error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	times := make([]time.Duration, 0, n)
	for range n {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times, nil
}

// String is one line for people.
func (m Machine) String() string {
	parts := []string{m.System, fmt.Sprintf("%d cores", m.Cores)}
	if m.CPU != "" {
		parts = append(parts, m.CPU)
	}
	if m.MemoryBytes > 0 {
		parts = append(parts, fmt.Sprintf("%.0f GiB", float64(m.MemoryBytes)/(1<<30)))
	}
	if m.Kernel != "" {
		parts = append(parts, "kernel "+m.Kernel)
	}
	parts = append(parts, m.Go)
	if m.FsyncP50 > 0 {
		parts = append(parts, fmt.Sprintf("fsync of 4 KiB %s p50, %s p99", milliseconds(m.FsyncP50), milliseconds(m.FsyncP99)))
	}
	return strings.Join(parts, ", ")
}
