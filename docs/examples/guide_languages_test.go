package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aion.dev/aion/catalog/project"
	gosdk "aion.dev/aion/sdk/go"
)

// The examples of docs/WORKFLOWS.md are there in each language, as many in each, and what they say
// compiles.
func TestGuideInEveryLanguage(t *testing.T) {
	text, err := os.ReadFile("../WORKFLOWS.md")
	if err != nil {
		t.Fatal(err)
	}
	guide, _, _ := strings.Cut(string(text), "\n## The language\n")
	counts := map[string]int{}
	for _, l := range []struct {
		name, fence string
		write       func(t *testing.T, dir string, blocks []string) error
	}{{"Starlark", "python", starlarkGuide}, {"Go", "go", goGuide}, {"TypeScript", "ts", typeScriptGuide}} {
		var blocks []string
		for _, m := range regexp.MustCompile("(?s)```"+l.fence+"\n(.*?)```").FindAllStringSubmatch(guide, -1) {
			blocks = append(blocks, m[1])
		}
		counts[l.name] = len(blocks)
		t.Run(l.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := l.write(t, dir, blocks); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), filepath.Join(binaries, "aion-node"), "check", dir).CombinedOutput(); err != nil {
				t.Errorf("check: %v\n%s", err, out)
			}
		})
	}
	if counts["Starlark"] == 0 || counts["Go"] != counts["Starlark"] || counts["TypeScript"] != counts["Starlark"] {
		t.Errorf("the guide has %v examples", counts)
	}
}

// guideManifest declares one workflow, whose function stands for all that a module registers.
func guideManifest(dir, language, entry string) error {
	return write(dir, "workflow.toml", fmt.Sprintf("%s[[workflow]]\ntype = \"guide\"\nactivities = [\"price_of\", \"charge\", \"transfer\", \"refund\"]\n%s\n", language, entry))
}

func write(dir, name, text string) error {
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)
}

// A block that is no function stands in one.
func starlarkGuide(_ *testing.T, dir string, blocks []string) error {
	var code strings.Builder
	for i, b := range blocks {
		if !strings.HasPrefix(b, "def run(") {
			b = "def run(ctx, input):\n    " + strings.ReplaceAll(strings.TrimSpace(b), "\n", "\n    ") + "\n"
		}
		code.WriteString(strings.Replace(b, "def run(", fmt.Sprintf("def run%d(", i), 1))
	}
	if err := write(dir, "guide.star", code.String()); err != nil {
		return err
	}
	return guideManifest(dir, "", "entry_module = \"guide\"\nentry_function = \"run0\"")
}

func goGuide(_ *testing.T, dir string, blocks []string) error {
	code := "package main\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n\t\"time\"\n\n\t\"aion.dev/aion/sdk/go/workflow\"\n)\n\nfunc main() { workflow.RegisterFunc(Ask) }\n"
	for i, b := range blocks {
		if !strings.HasPrefix(b, "func ") && !strings.HasPrefix(b, "type ") {
			b = fmt.Sprintf("func block%d(ctx workflow.Context, input any) error {\n%sreturn nil\n}\n", i, b)
		}
		code += b
	}
	module := "module guide\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n"
	for name, text := range map[string]string{"main.go": code, "go.mod": module} {
		if err := write(dir, name, text); err != nil {
			return err
		}
	}
	if err := gosdk.Write(filepath.Join(dir, "sdk")); err != nil {
		return err
	}
	return guideManifest(dir, "language = \"go\"\n", "entry_function = \"Ask\"")
}

func typeScriptGuide(t *testing.T, dir string, blocks []string) error {
	if _, err := project.Interpreter(); err != nil {
		t.Skipf("SKIPPED: nothing shows that the guide's TypeScript is right: %v", err)
	}
	code := "import { activity, cancelled, condition, defineQuery, defineSignal, defineUpdate, info, setHandler, signal, sleep, tryRace, workflow } from \"@aion/workflow\";\n"
	for i, b := range blocks {
		if !strings.HasPrefix(b, "export ") {
			b = fmt.Sprintf("export async function block%d(input: unknown) {\n%s}\n", i, b)
		}
		code += b
	}
	if err := write(dir, "main.ts", code); err != nil {
		return err
	}
	return guideManifest(dir, "language = \"typescript\"\n", "entry_function = \"ask\"")
}
