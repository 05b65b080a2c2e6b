package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gosdk "aion.dev/aion/sdk/go"
)

// fat keeps 48 MiB, of the 64 that a run may have. It takes them at once and fills them later,
// when the memory of the guest does not grow any more.
const fat = `package main

import "aion.dev/aion/sdk/go/workflow"

func Fat(ctx workflow.Context, mb int) (int, error) {
	kept, filled := make([]byte, mb<<20), 0
	workflow.OnQuery(ctx, "filled", func(workflow.None) (int, error) { return filled, nil })
	for {
		s, err := workflow.Signal[string](ctx, "go")
		if err != nil || s == "end" {
			return filled, err
		}
		for i := 0; i < len(kept); i += 64 {
			kept[i]++
		}
		filled++
	}
}

func main() { workflow.RegisterFunc(Fat) }
`

// Twenty runs at their limit of memory want fifteen times what runs may keep between turns. The
// node stays within that and what the turns under way need: it drops runs and replays them.
func TestGuestsStayWithinMemory(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("SKIPPED: there is no go command here to build the guest")
	}
	const runs, each, budget, apart = 20, 48, 64, 640 // MiB; apart is for turns, queries, code and the rest of the node
	t.Setenv("GOMAXPROCS", "2")                       // so many turns and queries at a time, on any machine
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	t.Cleanup(f.killAll)
	if err := f.start("a", "--limits-resident-bytes", fmt.Sprint(budget<<20)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(f.dir, "fat")
	if err := gosdk.Write(filepath.Join(dir, "sdk")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"workflow.toml": "language = \"go\"\n[[workflow]]\ntype = \"fat\"\nentry_function = \"Fat\"\n",
		"main.go":       fat,
		"go.mod":        "module fat\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.aion(t, "deploy", dir, "--addr", f.nodes["a"].http)
	everywhere := func(path func(run int) string, body, want string) {
		t.Helper()
		var under sync.WaitGroup
		for n := range runs {
			under.Go(func() {
				err := eventually(func() error {
					status, answer := f.post(t, "a", path(n), strings.ReplaceAll(body, "NUMBER", fmt.Sprint(n)))
					if status >= 300 || !strings.Contains(answer, want) {
						return fmt.Errorf("%s: %d %s", path(n), status, answer)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		under.Wait()
	}
	of := func(rest string) func(int) string {
		return func(n int) string { return fmt.Sprintf("/v1/workflows/fat-%d%s", n, rest) }
	}
	everywhere(func(int) string { return "/v1/workflows" }, fmt.Sprintf(`{"type":"fat","workflow_id":"fat-NUMBER","input":%d}`, each), "run_id")
	everywhere(of("/signals/go"), `"fill"`, "")
	everywhere(of("/queries/filled"), `{}`, `"result":1`)
	peak := 0
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.nodes["a"].cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "VmHWM: %d kB", &peak)
	}
	t.Logf("%d runs of %d MiB: the node had %d MiB at most, with a budget of %d MiB", runs, each, peak>>10, budget)
	if peak>>10 > budget+apart {
		t.Errorf("the node had %d MiB, more than its budget of %d MiB and %d MiB besides", peak>>10, budget, apart)
	}
	everywhere(of("/signals/go"), `"end"`, "")
	for n := range runs {
		if out := f.aion(t, "result", fmt.Sprintf("fat-%d", n), "--addr", f.nodes["a"].http); !strings.Contains(out, "completed") || !strings.HasSuffix(strings.TrimSpace(out), "1") {
			t.Errorf("run %d: %s", n, out)
		}
	}
}
