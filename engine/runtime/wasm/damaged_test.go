package wasm_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"aion.dev/aion/engine/runtime/wasm"
)

// What a crash or a disk has made of the folder of compiled guests costs a compilation, no more.
func TestDamagedFolder(t *testing.T) {
	code := guestOf("", 0x01).Bytes()
	for name, damage := range map[string]func(b []byte) []byte{
		"cut off": func(b []byte) []byte { return b[:len(b)/3] },
		"empty":   func([]byte) []byte { return nil },
		"changed": func(b []byte) []byte { b[len(b)/2] ^= 0xff; return b },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			compile(t, newRoom(t, wasm.Config{CacheDir: dir}), code, "run")
			damaged := 0
			err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				damaged++
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				return os.WriteFile(path, damage(b), 0o600)
			})
			if err != nil || damaged == 0 {
				t.Fatalf("%d files: %v", damaged, err)
			}
			compile(t, newRoom(t, wasm.Config{CacheDir: dir}), code, "run")
			compile(t, newRoom(t, wasm.Config{CacheDir: dir}), code, "run")
		})
	}
}
