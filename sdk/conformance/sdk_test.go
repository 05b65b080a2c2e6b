package conformance_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// pythonSDK is the one of sdk/python. The test is skipped, loudly, without an interpreter.
func pythonSDK(t *testing.T, mode ...string) sdk {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3 here, so nothing shows that the Python SDK conforms")
	}
	if out, err := exec.Command(path, "-c", "import sys; assert sys.version_info >= (3, 10), sys.version").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: python3 is too old: %s", strings.TrimSpace(string(out)))
	}
	return sdk{name: "python", command: append([]string{path, "../python/tests/driver.py"}, mode...), env: []string{"PYTHONDONTWRITEBYTECODE=1"}}
}

// TestPython runs the Python SDK's own tests.
func TestPython(t *testing.T) {
	t.Parallel()
	s := pythonSDK(t)
	cmd := exec.Command(s.command[0], "-m", "unittest", "discover", "-s", "tests")
	cmd.Dir = "../python"
	cmd.Env = append(os.Environ(), append(s.env, "PYTHONPATH=src", "AION_NODE_BINARY="+filepath.Join(binaries, "aion-node"))...)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "OK") || strings.Contains(string(out), "skipped") {
		t.Errorf("%v\n%s", err, out)
	}
}

// node is the interpreter of JavaScript. The test is skipped, loudly, without one.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: there is no node here, so nothing shows that the TypeScript SDK conforms")
	}
	const check = "const [a, b] = process.versions.node.split('.').map(Number); if (a < 20 || a === 20 && b < 3) { console.log(process.version); process.exit(1) }"
	if out, err := exec.Command(path, "-e", check).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: node is too old: %s", strings.TrimSpace(string(out)))
	}
	return path
}

// compiled compiles the TypeScript SDK once, into a folder of its own, and returns that.
var compiled = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(binaries, "typescript")
	tsc := exec.Command("node", "node_modules/typescript/bin/tsc", "--outDir", filepath.Join(dir, "dist"))
	tsc.Dir = "../typescript"
	if out, err := tsc.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: "tsc: " + string(out), Err: err}
	}
	conformance, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	if err := os.Symlink(conformance, filepath.Join(binaries, "conformance")); err != nil { // where the SDK's own tests look for it
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type": "module"}`), 0o644)
})

// typescriptSDK is the one of sdk/typescript. Who has not installed its compiler cannot test it.
func typescriptSDK(t *testing.T) sdk {
	t.Helper()
	path := node(t)
	if _, err := os.Stat("../typescript/node_modules/typescript"); err != nil {
		t.Skip("SKIPPED: there is no compiler, so nothing shows that the TypeScript SDK conforms: (cd sdk/typescript && npm ci)")
	}
	dir, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return sdk{name: "typescript", command: []string{path, filepath.Join(dir, "dist", "test", "driver.js")}}
}

// TestTypeScript runs the TypeScript SDK's own tests.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	s := typescriptSDK(t)
	tests, err := filepath.Glob(filepath.Join(filepath.Dir(s.command[1]), "*.test.js"))
	if err != nil || len(tests) < 2 {
		t.Fatalf("%d files of tests, %v", len(tests), err)
	}
	cmd := exec.Command(s.command[0], append([]string{"--test"}, tests...)...)
	cmd.Env = append(os.Environ(), "AION_NODE_BINARY="+filepath.Join(binaries, "aion-node"))
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "SKIPPED") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTypeScriptTypes compares the types of the TypeScript SDK with what a node serves.
func TestTypeScriptTypes(t *testing.T) {
	path := node(t)
	c := newCluster(t, 1)
	file := filepath.Join(t.TempDir(), "openapi.json")
	eventually(t, "a contract", func() error {
		resp, err := http.Get("http://" + c.addresses[0] + "/openapi.json")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		return os.WriteFile(file, b, 0o644)
	})
	if out, err := exec.Command(path, "../typescript/scripts/generate.mjs", file, "--check").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
