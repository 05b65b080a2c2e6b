package op

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// WriteEDN writes a history in Jepsen's format: two maps for each operation, its invocation and its
// completion, ordered by time.
func WriteEDN(w io.Writer, ops []Op) error {
	type line struct {
		at   int64
		text string
	}
	var lines []line
	for _, o := range ops {
		rest := fmt.Sprintf(":process %d, :f :%s, :key %s, :node %s", o.Process, o.F, strconv.Quote(o.Key), strconv.Quote(o.Node))
		lines = append(lines, line{o.Invoke, fmt.Sprintf("{:type :invoke, %s, :value %s, :time %d}", rest, strconv.Quote(string(o.Value)), o.Invoke)})
		kind := map[Outcome]string{OK: "ok", Refused: "fail", Failed: "fail", Unknown: "info"}[o.Outcome]
		if o.Return < 1<<62 {
			lines = append(lines, line{o.Return, fmt.Sprintf("{:type :%s, %s, :value %s, :error %s, :time %d}", kind, rest, strconv.Quote(string(o.Answer)), strconv.Quote(o.Code), o.Return)})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(min(max(a.at-b.at, -1), 1)) })
	out := bufio.NewWriter(w)
	for i, l := range lines {
		fmt.Fprintf(out, "%s, :index %d}\n", l.text[:len(l.text)-1], i)
	}
	return out.Flush()
}
