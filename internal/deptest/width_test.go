package deptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// widest is the maximal number of columns of a comment line, with a tab counting as four. Two files
// side by side then fit a screen, and nobody has to scroll to read a comment.
const widest = 100

// TestCommentsFitTheScreen checks lines that are only comments. Preformatted text, after a tab, may
// be wider, and so may what a tool has written.
func TestCommentsFitTheScreen(t *testing.T) {
	list := exec.Command("git", "ls-files", "*.go")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Skip("the files of the repository cannot be listed without git: ", err)
	}
	files := strings.Fields(string(out))
	if len(files) < 500 {
		t.Fatalf("%d files, want the whole repository", len(files))
	}
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(list.Dir, file))
		if os.IsNotExist(err) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\n// Code generated ") {
			continue
		}
		for i, line := range strings.Split(string(b), "\n") {
			text, ok := strings.CutPrefix(strings.TrimLeft(line, "\t "), "// ")
			if !ok || strings.HasPrefix(text, "http") {
				continue
			}
			if wide := len([]rune(strings.ReplaceAll(line, "\t", "    "))); wide > widest {
				t.Errorf("%s:%d: a comment of %d columns, at most %d", file, i+1, wide, widest)
			}
		}
	}
}
