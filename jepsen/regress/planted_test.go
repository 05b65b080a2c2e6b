//go:build aionbugs

package regress

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlantedBugsAreFound replays each file named after a bug in a process that has it. Bugs that need luck get some.
func TestPlantedBugsAreFound(t *testing.T) {
	files, err := filepath.Glob("*.sim")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		head, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bug := strings.TrimSuffix(file, ".sim")
		if !bytes.HasPrefix(head, []byte("# caught the planted bug "+bug)) {
			continue // it was found in the product
		}
		t.Run(bug, func(t *testing.T) {
			for range 20 {
				cmd := exec.Command(os.Args[0], "-test.run", "^TestSchedulesThatOnceFailed$/^"+file+"$")
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
}
