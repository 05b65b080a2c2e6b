package recording

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const exported = "../testdata/exported/order.run.json"

// A file of an earlier build is read, and what is missing from a file is said.
func TestRead(t *testing.T) {
	r, err := Read(exported)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Events(1, 100)) != 7 || len(r.Turns(1, 100)) != 3 || len(r.Turns(3, 1)) != 1 || len(r.Turns(4, 1)) != 0 || len(r.Events(8, 9)) != 0 || !r.Open(r.Run.RunID) || len(r.File.Archive.Code) == 0 {
		t.Errorf("read %+v", r.Run)
	}
	for name, c := range map[string]struct {
		change func(*File)
		want   string
	}{
		"other format":   {func(f *File) { f.Format = 2 }, "aion_export is 2, this build reads 1"},
		"a gap":          {func(f *File) { f.Events = append(f.Events[:2:2], f.Events[3:]...) }, "event 4 stands in the place of event 3"},
		"no bytes":       {func(f *File) { f.Events[1].Bytes = nil }, "event 2: event of 0 bytes"},
		"no events":      {func(f *File) { f.Events = nil }, "does not begin with WorkflowStarted"},
		"cut off":        {func(f *File) { f.Events = f.Events[:5] }, "turn 3 is not whole"},
		"a turn missing": {func(f *File) { f.Run.Turns = f.Run.Turns[1:] }, "turn 2 is not whole"},
		"no such event":  {func(f *File) { f.Run.Reopened = []uint64{9} }, "event 9, which reopened it, is missing"},
		"no version":     {func(f *File) { f.Run.Version = "x" }, ""},
		"no run id":      {func(f *File) { f.Run.RunID = "x" }, "the run id"},
		"no such status": {func(f *File) { f.Run.Status = "x" }, ""},
	} {
		data, err := os.ReadFile(exported)
		if err != nil {
			t.Fatal(err)
		}
		f := new(File)
		if err := json.Unmarshal(data, f); err != nil {
			t.Fatal(err)
		}
		c.change(f)
		if data, err = json.Marshal(f); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "is no exported run") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
