package examples

import (
	"os"
	"path/filepath"
)

// TypeScript writes a project in TypeScript into the folder dir, from the folder of the examples:
// the example of that name, with its tests.
func TypeScript(from, dir, name string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(from, name, "typescript", "*"))
	if err != nil {
		return err
	}
	tests, err := filepath.Glob(filepath.Join(from, name, "*_test.star"))
	if err != nil {
		return err
	}
	for _, file := range append(files, tests...) {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}
