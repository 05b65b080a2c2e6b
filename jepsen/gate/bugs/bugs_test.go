package bugs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asked finds the bugs that a line of a patch asks for.
var asked = regexp.MustCompile(`seeded\.On\("([^"]*)"\)`)

// A patch that asks for another bug than its own would plant nothing, and a gate would hunt it in
// vain.
func TestPatchesPlantWhatTheyAreNamedAfter(t *testing.T) {
	names := Names()
	if len(names) < 60 {
		t.Errorf("%d bugs, want at least 60", len(names))
	}
	for _, name := range names {
		patch, err := patches.ReadFile(name + ".patch")
		if err != nil {
			t.Fatal(err)
		}
		found := asked.FindAllStringSubmatch(string(patch), -1)
		if len(found) == 0 {
			t.Errorf("%s plants nothing", name)
		}
		for _, m := range found {
			if m[1] != name {
				t.Errorf("%s asks for %s", name, m[1])
			}
		}
		if strings.Contains(string(patch), importLine[len("import "):]) {
			t.Errorf("%s imports seeded, which every changed file does anyway", name)
		}
	}
}

// TestPatchesFit proves that every patch fits the current tree, alone and beside all others, and
// that the result has the right types. TestPlantedBugsAreFound of jepsen/regress compiles the state
// machine with them.
func TestPatchesFit(t *testing.T) {
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if _, err := planted(root, []string{name}); err != nil {
			t.Error(err)
		}
	}
	files, err := planted(root, Names())
	if err != nil {
		t.Fatal(err)
	}
	if err := typeCheck(root, files); err != nil {
		t.Errorf("the product with all bugs in it: %v", err)
	}
	const wrong = "cmd/aion-node/main.go"
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(wrong)))
	if err != nil {
		t.Fatal(err)
	}
	if err := typeCheck(root, map[string]string{wrong: string(text) + "\nvar _ int = root\n"}); err == nil || !strings.Contains(err.Error(), wrong) {
		t.Errorf("a file with a wrong type in it: %v", err)
	}
	for file := range files {
		if name := filepath.ToSlash(file); strings.HasPrefix(name, "internal/certs/") || strings.HasPrefix(name, "internal/crowd/") {
			continue // the workshop's but for these: what nodes show and trust, and who goes on when
		}
		if !slices.Contains([]string{"catalog", "cluster", "engine", "fsm", "transport"}, strings.Split(file, "/")[0]) {
			t.Errorf("%s is none of the product's", filepath.FromSlash(file))
		}
	}
}

func TestPlace(t *testing.T) {
	file := []string{"a", "b", "c", "b", "d", ""}
	for _, c := range []struct{ name, patch, want, problem string }{
		{"a line more", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\n+new\n", "a new b c b d ", ""},
		{"a line less", "--- a/x\n+++ b/x\n@@ -9,2 @@ whatever the numbers\n c\n-b\n", "a b c d ", ""},
		{"another line", "--- a/x\n+++ b/x\n@@ @@\n-c\n+C\n b\n", "a b C b d ", ""},
		{"two places", "--- a/x\n+++ b/x\n@@ @@\n-a\n+A\n@@ @@\n-d\n+D\n", "A b c b D ", ""},
		{"at the end", "--- a/x\n+++ b/x\n@@ @@\n d\n+e\n", "a b c b d e ", ""},
		{"an empty line that lost its blank", "--- a/x\n+++ b/x\n@@ @@\n d\n\n+e", "a b c b d  e", ""},
		{"twice there", "--- a/x\n+++ b/x\n@@ @@\n-b\n", "", "twice, at 2 and 4"},
		{"nowhere there", "--- a/x\n+++ b/x\n@@ @@\n-z\n", "", "nowhere"},
		{"taken twice", "--- a/x\n+++ b/x\n@@ @@\n-c\n@@ @@\n-c\n-b\n", "", "two patches change line 3"},
		{"put twice at one place", "--- a/x\n+++ b/x\n@@ @@\n a\n+e\n@@ @@\n a\n+e\n", "a e b c b d ", ""},
		{"put before a line that another takes", "--- a/x\n+++ b/x\n@@ @@\n-c\n+C\n@@ @@\n+e\n c\n", "a b e C b d ", ""},
		{"no patch", "what it is about\n--- a/x\n", "", "belongs to no hunk"},
		{"a line of nothing", "--- a/x\n+++ b/x\n@@ @@\n a\nb\n", "", "none of a patch"},
	} {
		hunks, err := parse(c.patch)
		var changes []change
		for _, h := range hunks {
			placed, perr := h.place(file)
			if err == nil {
				err = perr
			}
			changes = append(changes, placed...)
		}
		var got []string
		if err == nil {
			got, err = edit(file, changes)
		}
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: got %q, %v; want an error that says %q", c.name, got, err, c.problem)
			}
		case err != nil || strings.Join(got, " ") != c.want:
			t.Errorf("%s: got %q, %v; want %q", c.name, strings.Join(got, " "), err, c.want)
		}
	}
}
