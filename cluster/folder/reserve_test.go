package folder

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

// TestRoomIsKeptBackLater: the reason why the file cannot be created is logged once, as a warning,
// and the attempt a minute later may succeed.
func TestRoomIsKeptBackLater(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("room is kept back on Linux only")
	}
	var said bytes.Buffer
	r := OpenReserve(t.TempDir(), 1<<20, hclog.New(&hclog.LoggerOptions{Output: &said, Level: hclog.Warn}))
	inTheWay := filepath.Join(r.path, "something")
	if err := os.MkdirAll(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	plenty := DiskState{Free: 1 << 30, Size: 1 << 31, Level: DiskOK}
	for range 2 * keepAgain {
		r.Look(plenty)
	}
	if r.held {
		t.Fatal("a folder is taken for room that is kept back")
	}
	if n := strings.Count(said.String(), "[WARN]  no disk space is reserved"); n != 1 || !strings.Contains(said.String(), r.path) {
		t.Errorf("%d warnings:\n%s", n, said.String())
	}
	if err := os.RemoveAll(r.path); err != nil {
		t.Fatal(err)
	}
	for range keepAgain {
		r.Look(plenty)
	}
	if info, err := os.Stat(r.path); err != nil || !r.held || info.Size() != 1<<20 {
		t.Errorf("a minute after the way was free: held %v, %v, %v", r.held, info, err)
	}
}
