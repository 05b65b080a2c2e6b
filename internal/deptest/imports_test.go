package deptest

import (
	"strings"
	"testing"
)

func TestImports(t *testing.T) {
	for _, p := range ourPackages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		r := roomOf(p.short())
		if r == nil {
			t.Errorf("package %s has no room: say in rooms_test.go what it may import, and why", p.short())
			continue
		}
		for _, imported := range p.Imports {
			if broken := r.check(imported); broken != "" {
				t.Errorf("%s imports %s, %s: %s", p.short(), imported, broken, r.why)
			}
		}
	}
}

// roomOf returns the room that names path: the exact one before one that covers it.
func roomOf(path string) (found *room) {
	for i := range rooms {
		switch r := &rooms[i]; {
		case r.path == path:
			return r
		case found == nil && covers(r.path, path):
			found = r
		}
	}
	return found
}

// check returns the rule that an import breaks, or "".
func (r *room) check(imported string) string {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		for _, may := range r.ours {
			if covers(may, ours) {
				return ""
			}
		}
		if covers(r.path, ours) && strings.HasSuffix(r.path, "...") {
			return ""
		}
		return "which is not below it in the house"
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	any := false
	for _, may := range r.others {
		if may == "*" {
			any = true
		} else if under(imported, may) {
			return ""
		}
	}
	for _, o := range owned {
		if under(imported, o) {
			return "which belongs to another room"
		}
	}
	if any {
		return ""
	}
	return "which is not among the libraries that it may use"
}

// covers reports whether path is pattern, or below a pattern that ends in "...".
func covers(pattern, path string) bool {
	if base, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(path+"/", base)
	}
	return pattern == path
}

func under(path, base string) bool { return path == base || strings.HasPrefix(path, base+"/") }

func TestTheRulesBite(t *testing.T) {
	for _, c := range []struct{ path, imported, want string }{
		{"fsm", module + "/engine", "not below"},
		{"fsm", "github.com/hashicorp/raft", "another room"},
		{"fsm", "github.com/google/uuid", "not among"},
		{"fsm", "github.com/cockroachdb/pebble/v2/vfs", "another room"},
		{"fsm/store", "github.com/cockroachdb/pebble/v2/vfs", ""},
		{"fsm/store", module + "/fsm", "not below"},
		{"fsm/store", module + "/fsm/history", "not below"},
		{"cluster", module + "/fsm/store", "not below"},
		{"catalog", module + "/fsm", "not below"},
		{"engine", module + "/cluster", "not below"},
		{"engine", "github.com/cockroachdb/pebble/v2", "another room"},
		{"engine", "github.com/google/uuid", ""},
		{"transport", module + "/cluster", "not below"},
		{"transport", "github.com/hashicorp/raft", "another room"},
		{"transport", "google.golang.org/grpc", "another room"},
		{"transport/client", "google.golang.org/grpc/codes", "another room"},
		{"transport/client", "github.com/google/uuid", "not among"},
		{"jepsen/models", module + "/fsm", "not below"},
		{"jepsen/models", module + "/jepsen/faults", ""},
		{"cmd/aion-node", module + "/cluster", ""},
		{"cmd/aion-node/node", "github.com/hashicorp/raft", "another room"},
		{"cluster", "github.com/cockroachdb/pebble/v2", "another room"},
		{"cluster", "github.com/hashicorp/raft-wal/metadb", ""},
	} {
		got := roomOf(c.path).check(c.imported)
		if got == "" != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s importing %s: %q, want %q", c.path, c.imported, got, c.want)
		}
	}
}
