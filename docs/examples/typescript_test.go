package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// typescript compiles the worker in TypeScript as its README says, beside the sources, and returns
// what node runs. The test is skipped, loudly, without node and the compiler.
func typescript(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIPPED: there is no node here, so nothing shows that workers in TypeScript work")
	}
	if _, err := os.Stat(filepath.Join(sdkTypeScript, "node_modules", "typescript")); err != nil {
		t.Skip("SKIPPED: there is no compiler, so nothing shows that workers in TypeScript work: (cd sdk/typescript && npm ci)")
	}
	file, err := compiledWorker()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const sdkTypeScript = "../../sdk/typescript"

// compiledWorker makes the folder that `npm install && npm run build` would, without a registry:
// the SDK, built, is among its modules.
var compiledWorker = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(binaries, "typescript")
	modules := filepath.Join(dir, "node_modules")
	sdk := filepath.Join(modules, "@aion", "sdk")
	if err := os.MkdirAll(sdk, 0o755); err != nil {
		return "", err
	}
	installed, err := filepath.Abs(filepath.Join(sdkTypeScript, "node_modules"))
	if err != nil {
		return "", err
	}
	for _, name := range []string{"typescript", "@types", "undici-types"} {
		if err := os.Symlink(filepath.Join(installed, name), filepath.Join(modules, name)); err != nil {
			return "", err
		}
	}
	for from, to := range map[string]string{
		filepath.Join(sdkTypeScript, "package.json"): sdk, "workers/typescript/package.json": dir, "workers/typescript/tsconfig.json": dir, "workers/typescript/worker.ts": dir,
	} {
		b, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(from)), b, 0o644); err != nil {
			return "", err
		}
	}
	tsc := filepath.Join(installed, "typescript", "bin", "tsc")
	for _, args := range [][]string{{tsc, "-p", sdkTypeScript, "--outDir", filepath.Join(sdk, "dist")}, {tsc, "-p", dir}} {
		if out, err := exec.Command("node", args...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("tsc: %w\n%s", err, out)
		}
	}
	return filepath.Join(dir, "dist", "worker.js"), nil
})
