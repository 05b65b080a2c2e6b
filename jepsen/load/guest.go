package load

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	gosdk "aion.dev/aion/sdk/go"
)

// compileGo compiles workflow code in Go to WebAssembly, with the go command of this machine.
func compileGo(ctx context.Context, code string) (Code, error) {
	dir, err := os.MkdirTemp("", "aion-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := gosdk.Write(filepath.Join(dir, "sdk")); err != nil {
		return nil, err
	}
	const module = "module guest\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n"
	for name, text := range map[string]string{"go.mod": module, "main.go": code} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", "guest.wasm", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build of a guest: %w: %s", err, text)
	}
	guest, err := os.ReadFile(filepath.Join(dir, "guest.wasm"))
	return Code{"main.wasm": guest}, err
}
