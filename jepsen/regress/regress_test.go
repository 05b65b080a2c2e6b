package regress

import (
	"os"
	"path/filepath"
	"testing"

	"aion.dev/aion/jepsen/sim"
)

func TestSchedulesThatOnceFailed(t *testing.T) {
	files, err := filepath.Glob("*.sim")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			steps, err := sim.ReadSteps(f)
			if err != nil || len(steps) == 0 {
				t.Fatalf("%d steps, %v", len(steps), err)
			}
			if _, v := sim.Run(steps); v != nil {
				t.Error(v)
			}
		})
	}
}
