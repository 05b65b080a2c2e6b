package regress

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/jepsen/gate/bugs"
)

// TestPlantedBugsAreFound replays each file that is named after a planted bug in a process that has
// the bug, and expects it to fail. Bugs that need luck get several attempts.
func TestPlantedBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: compiles the state machine with the planted bugs")
	}
	files, err := filepath.Glob("*.sim")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay, err := bugs.Overlay(t.Context(), filepath.Join(dir, "planted"))
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "regress.test")
	if out, err := exec.Command("go", "test", overlay, "-vet=off", "-ldflags=-s -w", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := 0
	for _, file := range files {
		head, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bug := strings.TrimSuffix(file, ".sim")
		if !bytes.HasPrefix(head, []byte("# caught the planted bug "+bug+"\n")) {
			continue // it was found in the product
		}
		found++
		t.Run(bug, func(t *testing.T) {
			for range 20 {
				cmd := exec.Command(binary, "-test.run", "^TestSchedulesThatOnceFailed$/^"+file+"$")
				cmd.Env = append(os.Environ(), "AION_BUG="+bug)
				if out, err := cmd.CombinedOutput(); err != nil {
					if !bytes.Contains(out, []byte("--- FAIL")) {
						t.Fatalf("%v: %s", err, out)
					}
					return
				}
			}
			t.Error("it passes although the bug is there")
		})
	}
	if found < 30 {
		t.Errorf("%d files are of planted bugs, want at least 30", found)
	}
}
