package load

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bundle makes one script of code in TypeScript, by the command of the node that packs a project,
// which also gets the interpreter: from the cache of this user, or else from the registry of npm.
func bundle(ctx context.Context, binary, code string) (Code, error) {
	dir, err := os.MkdirTemp("", "aion-script-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	const config = "language = \"typescript\"\n\n[[workflow]]\ntype = \"script\"\nentry_function = \"run\"\n"
	for name, text := range map[string]string{"workflow.toml": config, "main.ts": code} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	archive := filepath.Join(dir, "script.aion")
	cmd := exec.CommandContext(ctx, binary, "package", dir, "--out", archive)
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("workflow code in TypeScript cannot be packed here: %w: %s", err, strings.TrimSpace(string(text)))
	}
	return modulesOf(archive)
}

// modulesOf takes the modules out of an archive.
func modulesOf(archive string) (Code, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	code := Code{}
	for _, f := range z.File {
		name, ok := strings.CutPrefix(f.Name, "modules/")
		if !ok {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		code[name], err = io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", f.Name, archive, err)
		}
	}
	return code, nil
}
