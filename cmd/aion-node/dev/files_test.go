package dev

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWhatCountsAsAChange(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("workflow.toml", "x")
	write("src/a.star", "x")
	write("data/log", "x")
	before, err := scanFolder(dir, filepath.Join(dir, "data"))
	if err != nil || len(before) != 2 {
		t.Fatalf("%v, %v", before, err)
	}
	for _, c := range []struct {
		what  string
		do    func()
		other bool
	}{
		{"nothing", func() {}, false},
		{"hidden files", func() { write(".git/index", "x"); write(".swp", "x") }, false},
		{"the skipped folder", func() { write("data/log", "longer") }, false},
		{"another size", func() { write("src/a.star", "longer") }, true},
		{"another time", func() {
			if err := os.Chtimes(filepath.Join(dir, "workflow.toml"), time.Time{}, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a new file", func() { write("schemas/in.json", "{}") }, true},
		{"a file less", func() { os.Remove(filepath.Join(dir, "src/a.star")) }, true},
	} {
		c.do()
		now, err := scanFolder(dir, filepath.Join(dir, "data"))
		if err != nil {
			t.Fatal(err)
		}
		if now.same(before) == c.other {
			t.Errorf("%s: changed is %v", c.what, !c.other)
		}
		before = now
	}
	if _, err := scanFolder(filepath.Join(dir, "nowhere"), ""); err == nil {
		t.Error("a folder that is not there has files")
	}
}
