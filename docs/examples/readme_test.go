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
// worker. What a comment behind a command says in JSON, or as the name of an event, the command
// prints.
func TestREADMEs(t *testing.T) {
	p := newPlace(t, 1)
	p.process("worker", nil, filepath.Join(binaries, "worker"), "--addr", p.addr(), "--pace", "10ms").start()
	files, err := filepath.Glob("*/README.md")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d READMEs, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Dir(file), func(t *testing.T) {
			p.readme(t, file)
		})
	}
}

func (p *place) readme(t *testing.T, file string) {
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
