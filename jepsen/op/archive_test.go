package op

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// A compressed history reads as before; a truncated one is an error.
func TestCompress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	r, err := Record(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"load", "route"} {
		r.Do(Op{F: f, Key: "t", Node: "n1"}, func(o *Op) error { o.Index = 7; return nil })
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	plain, err := Read(path)
	if err != nil || len(plain) != 2 {
		t.Fatalf("%d operations: %v", len(plain), err)
	}
	if err := Compress(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the plain file is still there: %v", err)
	}
	if again, err := Read(path); err != nil || !reflect.DeepEqual(again, plain) {
		t.Errorf("read %+v, wrote %+v: %v", again, plain, err)
	}
	b, err := os.ReadFile(path + compressed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+compressed, b[:len(b)-9], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("a history that is cut short was read")
	}
	if _, err := Read(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a history that is not there: %v", err)
	}
}
