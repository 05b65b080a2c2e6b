package project

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// checkTypes lets the compiler of the project look for mistakes. It has no part in what becomes of
// the code. A project without compiler, or a machine without Node.js, is not checked.
func checkTypes(dir string) error {
	tsc := filepath.Join(dir, "node_modules", "typescript", "bin", "tsc")
	node, err := exec.LookPath("node")
	if err != nil || !exists(tsc) || !exists(filepath.Join(dir, "tsconfig.json")) {
		return nil
	}
	cmd := exec.Command(node, tsc, "--noEmit", "--pretty", "false", "-p", "tsconfig.json")
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return typeError(string(text))
	}
	return err
}

// typePlace is how the compiler names a place: src/order.ts(12,3): error TS2322: what is wrong.
var typePlace = regexp.MustCompile(`(?m)^([^\s(]+)\((\d+),(\d+)\): error (TS\d+: .*)$`)

// typeError says where the compiler found the first mistake.
func typeError(text string) error {
	if at := typePlace.FindStringSubmatch(text); at != nil {
		e := &Invalid{File: at[1], Reason: at[4]}
		e.Line, _ = strconv.Atoi(at[2])
		e.Column, _ = strconv.Atoi(at[3])
		return e
	}
	return &Invalid{File: ConfigName, Key: "language", Reason: "is \"typescript\", and tsc fails: " + strings.TrimSpace(text)}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
