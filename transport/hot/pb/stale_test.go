package pb

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedCodeIsFresh: the Go code is what `make proto` makes of hot.proto.
func TestGeneratedCodeIsFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT CHECKED with -short: it compiles a compiler")
	}
	to := t.TempDir()
	from, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	fetch := exec.Command("go", "mod", "download", "-modfile=gen.mod")
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("NOT CHECKED: the modules of gen.mod are not on this machine, and cannot be fetched (%v): run make proto where they can\n%s", err, out)
	}
	generate := exec.Command("go", "run", "-modfile=gen.mod", "generate.go", from, to)
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", generate, err, out)
	}
	for _, name := range []string{"hot.pb.go", "hot_grpc.pb.go"} {
		want, err := os.ReadFile(filepath.Join(to, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what hot.proto makes it (%v): make proto", name, err)
		}
	}
}
