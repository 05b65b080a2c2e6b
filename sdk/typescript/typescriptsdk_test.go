package typescriptsdk_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	typescriptsdk "aion.dev/aion/sdk/typescript"
)

// What is written is a package by which projects of authors pass the checks of the compiler: the
// library itself, the suite of runtimes, and the examples.
func TestTypes(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tsc := filepath.Join(root, "sdk/typescript/node_modules/typescript/bin/tsc")
	if _, err := os.Stat(tsc); err != nil {
		t.Skip("SKIPPED: there is no compiler, so nothing shows that the types of @aion/workflow fit: (cd sdk/typescript && npm ci)")
	}
	dir := t.TempDir()
	if err := typescriptsdk.Write(dir); err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{
		"compilerOptions": map[string]any{
			"target": "ES2022", "lib": []string{"ES2022"}, "types": []string{}, "module": "ESNext", "moduleResolution": "Bundler", "noEmit": true,
			"strict": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "noUnusedLocals": true, "noUnusedParameters": true,
			"noImplicitOverride": true, "noFallthroughCasesInSwitch": true, "skipLibCheck": false,
			"paths": map[string]any{"@aion/workflow": []string{"./workflow/src/index.ts"}},
		},
		"include": []string{"workflow/src", root + "/engine/runtime/wasm/testdata/ts*/*.ts", root + "/docs/examples/*/typescript/*.ts", root + "/cmd/aion-node/rehearsal/testdata/corpus/typescript/*.ts"},
		"exclude": []string{root + "/docs/examples/workers"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "node", tsc, "-p", dir).CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}
