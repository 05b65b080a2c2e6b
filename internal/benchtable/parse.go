package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// report is everything that the benchmarks said.
type report struct {
	rows  []*row
	units []string // in the order in which they came up
}

type row struct {
	pkg, name string
	values    map[string][]float64 // by unit, one for each time it ran
}

// parse reads the output of go test -bench. A line of a benchmark is: name, iterations, then pairs of value and unit.
func parse(in io.Reader) (*report, error) {
	r := &report{}
	var failed []string
	pkg := ""
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "pkg: "):
			pkg = strings.TrimPrefix(line, "pkg: ")
		case strings.HasPrefix(line, "FAIL"), strings.HasPrefix(line, "--- FAIL"), strings.HasPrefix(line, "panic:"):
			failed = append(failed, line)
		case len(fields) >= 4 && strings.HasPrefix(fields[0], "Benchmark") && len(fields)%2 == 0:
			if err := r.add(pkg, fields); err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(failed) > 0 {
		return nil, errors.New("a benchmark failed:\n" + strings.Join(failed, "\n"))
	}
	if len(r.rows) == 0 {
		return nil, errors.New("there is no benchmark in the input")
	}
	return r, nil
}

func (r *report) add(pkg string, fields []string) error {
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of CPUs, the same for all
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	at := slices.IndexFunc(r.rows, func(x *row) bool { return x.pkg == pkg && x.name == name })
	if at < 0 {
		at = len(r.rows)
		r.rows = append(r.rows, &row{pkg: pkg, name: name, values: map[string][]float64{}})
	}
	for i := 2; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return err
		}
		unit := fields[i+1]
		if !slices.Contains(r.units, unit) {
			r.units = append(r.units, unit)
		}
		r.rows[at].values[unit] = append(r.rows[at].values[unit], v)
	}
	return nil
}

// median is of at least one value.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
