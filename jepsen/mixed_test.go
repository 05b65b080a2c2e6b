package jepsen

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/internal/built"
	"aion.dev/aion/jepsen/suite"
)

// TestMixed takes a cluster of this commit to the build of the newest release and back, one node
// after the other, while it is used: neighbouring releases run together. The release is the newest
// tag that this commit stands on; MIXED_WITH names another commit. Its build is kept in the folder
// for caches. Without a tag there is no release to run with, and the test says so.
func TestMixed(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it builds another commit and runs a cluster")
	}
	with := os.Getenv("MIXED_WITH")
	if with == "" {
		out, err := exec.Command("git", "describe", "--tags", "--abbrev=0", "--match", "v*").Output()
		if with = strings.TrimSpace(string(out)); err != nil || with == "" {
			t.Skip("NOT TESTED: there is no release to run together with, for no tag v* is below this commit (MIXED_WITH=COMMIT names another)")
		}
	}
	other := buildOf(t, with)
	binary := filepath.Join(t.TempDir(), "aion-node")
	if err := built.Node(binary); err != nil {
		t.Fatal(err)
	}
	// With an even seed nodes hold the level, so the older build is let in.
	s := suite.Spec{Seed: 2, Workload: "signals", Faults: "mixed", Nodes: 3, Length: 15 * time.Second, Concurrency: 4, Rate: 10, Mixed: true}
	if err := s.Plan(); err != nil {
		t.Fatal(err)
	}
	r := suite.Run(t.Context(), suite.Options{Binary: binary, Other: other, Dir: t.TempDir(), Commit: "test"}, s)
	if r.Error != "" {
		t.Fatalf("with %s it could not be made: %s", with, r.Error)
	}
	for _, v := range r.Violations {
		t.Errorf("with %s: %s: %s", with, v.Checker, v.What)
	}
	became := false
	for _, d := range r.Done {
		t.Logf("with %s: %s", with, d.Did)
		became = became || strings.Contains(d.Did, "is of the other build")
		if strings.Contains(d.Did, "is refused") {
			t.Errorf("%s and this build do not run together: %s", with, d.Did)
		}
	}
	if !became {
		t.Errorf("no node became one of %s", with)
	}
}

// buildOf builds the node of a commit, unless the cache has it.
func buildOf(t *testing.T, commit string) (binary string) {
	t.Helper()
	run := func(dir, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			if exit, ok := err.(*exec.ExitError); ok {
				out = exit.Stderr
			}
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	hash := run("", "git", "rev-parse", "--verify", commit+"^{commit}")
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(caches, "aion-mixed", "aion-node-"+hash)
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		t.Fatal(err)
	}
	tree := filepath.Join(t.TempDir(), "tree")
	run("", "git", "worktree", "add", "-q", "--detach", tree, hash)
	defer run("", "git", "worktree", "remove", "--force", tree)
	run(tree, "go", "build", "-o", binary+".new", "./cmd/aion-node")
	if err := os.Rename(binary+".new", binary); err != nil {
		t.Fatal(err)
	}
	return binary
}
