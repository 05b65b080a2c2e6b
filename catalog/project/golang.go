package project

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
)

// buildGo builds the Go program in a folder for the room of guests. The same sources, dependencies
// and toolchain give the same bytes.
func buildGo(dir string) (modules []catalog.Module, toolchain string, err error) {
	tmp, err := os.MkdirTemp("", "aion-go-")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, "main.wasm")
	if _, err := goTool(dir, "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "."); err != nil {
		return nil, "", err
	}
	if toolchain, err = goTool(dir, "env", "GOVERSION"); err != nil {
		return nil, "", err
	}
	code, err := os.ReadFile(out)
	return []catalog.Module{{Name: compiledModule + ".wasm", Source: code}}, strings.TrimSpace(toolchain), err
}

// goTool runs the go command for guests. Flags of the environment do not count: they would change
// what the same sources become.
func goTool(dir string, args ...string) (stdout string, err error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWASM=", "GOEXPERIMENT=", "GODEBUG=")
	var out, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &wrong
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", &Invalid{File: ConfigName, Key: "language", Reason: "is \"go\", and there is no go command here: install Go, or deploy an archive that was packaged where it is"}
	case errors.As(err, &exit):
		return "", compileError(wrong.String())
	}
	return out.String(), err
}

// position is how the go command names a place: ./order.go:12:3: what is wrong there.
var position = regexp.MustCompile(`(?m)^(?:\./)?([^\s:]+\.go):(\d+):(?:(\d+):)? (.*)$`)

// compileError says where the go command found the first fault.
func compileError(text string) error {
	if at := position.FindStringSubmatch(text); at != nil {
		e := &Invalid{File: at[1], Reason: at[4]}
		e.Line, _ = strconv.Atoi(at[2])
		e.Column, _ = strconv.Atoi(at[3])
		return e
	}
	return &Invalid{File: ConfigName, Key: "language", Reason: fmt.Sprintf("is \"go\", and go build fails: %s", strings.TrimSpace(text))}
}
