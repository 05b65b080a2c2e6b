package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestREADMEs runs the commands of every example as they stand in its README, beside a node and a
// worker; and for each other language, with the same example in that. What a comment behind a
// command says in JSON, or as the name of an event, the command prints.
func TestREADMEs(t *testing.T) {
	files, err := filepath.Glob("*/README.md")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d READMEs, %v", len(files), err)
	}
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, 1)
			p.process("worker", nil, filepath.Join(binaries, "worker"), "--addr", p.addr(), "--pace", "10ms").start()
			for _, file := range files {
				t.Run(filepath.Dir(file), func(t *testing.T) {
					p.readme(t, l, file)
				})
			}
		})
	}
}

// says returns a command of a README for the example in this language. The project itself is
// packed, and what is deployed is the same code as part of one module, which is compiled once.
func (l language) says(t *testing.T, example, command string) string {
	command = strings.ReplaceAll(command, "docs/examples/"+example+" ", "docs/examples/"+example+"/"+l.folder+" ")
	if at := archive.FindStringIndex(command); at != nil {
		command = command[:at[0]] + "deploy " + l.projects(t, example)[0]
	}
	return command
}

var archive = regexp.MustCompile(`deploy [\w-]+\.aion$`)

func (p *place) readme(t *testing.T, l language, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	var wants []string // by command
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			command, comment, _ := strings.Cut(strings.TrimSpace(line), "  # ")
			if command == "" || strings.HasPrefix(command, "#") {
				continue
			}
			want := strings.TrimSpace(comment)
			if !regexp.MustCompile(`^\{|^[A-Z]\w+(Started|Completed)`).MatchString(want) {
				want = ""
			}
			if l.folder != "" {
				command = l.says(t, filepath.Dir(file), command)
			}
			fmt.Fprintf(&script, "echo '@@@'\n%s\n", command)
			wants = append(wants, want)
		}
	}
	if len(wants) < 4 {
		t.Fatalf("%s has %d commands", file, len(wants))
	}
	out, err := p.shell(script.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, said := range strings.Split(out, "@@@\n")[1:] {
		for want := range strings.SplitSeq(wants[i], "  ") { // words of one line of a table, apart
			if !strings.Contains(strings.Join(strings.Fields(said), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("command %d of %s printed\n%s\nand not %s", i+1, file, said, want)
			}
		}
	}
}

// The README of the examples says how to start a node and a worker: its lines are those that the
// tests use.
func TestHowToBegin(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```sh\naion-node serve &\ngo run ./docs/examples/workers/go &\n```") {
		t.Error("the tests start `aion-node serve` and ./docs/examples/workers/go, README.md says something else")
	}
}
