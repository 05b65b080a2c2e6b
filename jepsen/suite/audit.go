package suite

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/jepsen/op"
)

// Audit is the checker of the nodes' audit logs: whatever a caller was told of a change is there,
// at the node that told it, even if that node was killed a moment later.
const Audit = "audit"

// reads are the operations that change nothing, although their callers give them request ids.
var reads = map[string]bool{"list": true, "stale": true}

// auditLine is what this checker reads of a line.
type auditLine struct {
	Request string `json:"request_id"`
	Outcome string `json:"outcome"`
}

// audited finds changes that were acknowledged or refused and are not in the audit log of the node
// that said so.
func audited(all []*nodes.Node, ops []op.Op) (found []load.Violation) {
	add := func(format string, args ...any) {
		found = append(found, load.Violation{Checker: Audit, What: fmt.Sprintf(format, args...)})
	}
	lines := map[string]map[auditLine]bool{}
	for _, n := range all {
		var err error
		if lines[n.Name], err = auditOf(n.AuditFile()); err != nil {
			add("the audit log of %s cannot be read: %v", n.Name, err)
			return found
		}
	}
	missing := 0
	for i := range ops {
		o := &ops[i]
		want := map[op.Outcome]string{op.OK: "ok", op.Refused: "rejected"}[o.Outcome]
		of, known := lines[o.Node]
		if o.Request == "" || want == "" || !known || of[auditLine{o.Request, want}] || reads[o.F] || oneOfMany(o) {
			continue
		}
		if missing++; missing == 1 {
			add("%s %s through %s at %s was told %s, and the audit log of %s has no such line for request %s", o.F, o.Key, o.Node, seconds(o.Invoke), want, o.Node, o.Request)
		}
	}
	if missing > 1 {
		found[0].What += fmt.Sprintf(" (and %d more)", missing-1)
	}
	return found
}

// oneOfMany reports whether a call made other starts, too: then its line has the request id of all.
func oneOfMany(o *op.Op) bool {
	var asked struct{ Batch bool }
	return json.Unmarshal(o.Value, &asked) == nil && asked.Batch
}

// auditOf reads an audit log. A node that never ran has none.
func auditOf(path string) (map[auditLine]bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := map[auditLine]bool{}
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l auditLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%q: %w", s.Bytes(), err)
		}
		lines[l] = true
	}
	return lines, s.Err()
}
