package rehearsal

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog/project"
)

// TestTestingGuide runs the project in docs/TESTING.md.
func TestTestingGuide(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/TESTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(guide), "<!-- project: run by TestTestingGuide -->")
	part, after, ok2 := strings.Cut(rest, "<!-- project ends -->")
	if !ok || !ok2 {
		t.Fatal("docs/TESTING.md has lost the marks of its project")
	}
	var files strings.Builder
	for _, block := range regexp.MustCompile("(?s)```[a-z]+ ([a-z_.]+)\n(.*?)```").FindAllStringSubmatch(part, -1) {
		files.WriteString("-- " + block[1] + " --\n" + block[2])
	}
	r := rehearse(t, files.String())
	if r.Passed != 3 || r.Failed != 0 {
		for _, f := range r.Files {
			t.Log(told(f.Broken))
			for _, test := range f.Tests {
				t.Log(test.Test, told(test.Failure))
			}
		}
		t.Errorf("%d tests of the guide passed, %d failed", r.Passed, r.Failed)
	}
	// The table names everything that a test can use.
	for _, word := range []string{
		"t.activity(", "t.failure(", "t.calls(", "t.start(", "t.run(", "t.skip(", "t.now(", "t.eq(", "t.true(", "t.fail(",
		"run.id", "run.status", "run.result(", "run.error(", "run.signal(", "run.cancel(", "run.query(", "run.history",
	} {
		if !strings.Contains(after, "`"+word) {
			t.Errorf("the table of docs/TESTING.md lacks %s", word)
		}
	}
}

// The project that aion-node new writes, and the examples, pass their tests.
func TestProjectsOfOurs(t *testing.T) {
	starter := filepath.Join(t.TempDir(), "hello")
	if err := project.New(starter, "hello", ""); err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("../../../docs/examples/*/workflow.toml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("%d examples, %v", len(examples), err)
	}
	tests := 0
	for _, dir := range append(examples, filepath.Join(starter, "workflow.toml")) {
		dir = filepath.Dir(dir)
		r, err := Run(context.Background(), Options{Dir: dir, Timeout: 5 * time.Minute})
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		tests += r.Passed
		for _, f := range r.Files {
			if f.Broken != nil {
				t.Errorf("%s/%s: %s", dir, f.File, told(f.Broken))
			}
			for _, test := range f.Tests {
				if test.Failure != nil {
					t.Errorf("%s/%s: %s: %s", dir, f.File, test.Test, told(test.Failure))
				}
			}
		}
		if dir == starter && r.Passed != 3 {
			t.Errorf("%d tests of the starter pass", r.Passed)
		}
	}
	if tests < 10 {
		t.Errorf("only %d tests were found", tests)
	}
}
