package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// print writes one table for each package, as Markdown, so that it can be pasted into docs/PERFORMANCE.md.
func (r *report) print(w io.Writer, machine string) {
	fmt.Fprintf(w, "%s\n", machine)
	pkg := ""
	var units []string
	for i, row := range r.rows {
		if row.pkg != pkg || i == 0 {
			pkg = row.pkg
			units = r.unitsOf(pkg)
			fmt.Fprintf(w, "\n%s\n\n| benchmark | %s |\n|---|%s\n", strings.TrimPrefix(pkg, "aion.dev/aion/"), strings.Join(units, " | "), strings.Repeat("---:|", len(units)))
		}
		fmt.Fprintf(w, "| %s |", row.name)
		for _, unit := range units {
			cell := ""
			if v, ok := row.values[unit]; ok {
				cell = figure(median(v))
			}
			fmt.Fprintf(w, " %s |", cell)
		}
		fmt.Fprintln(w)
	}
}

// unitsOf lists the units that a package reported, in order.
func (r *report) unitsOf(pkg string) []string {
	var units []string
	for _, unit := range r.units {
		for _, row := range r.rows {
			if _, ok := row.values[unit]; ok && row.pkg == pkg {
				units = append(units, unit)
				break
			}
		}
	}
	return units
}

// figure writes a number with three digits that matter, and thousands apart.
func figure(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// machine says what the figures were measured on.
func machine() string {
	model := "unknown CPU"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().Format("2006-01-02"))
}
