package auditlog

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"aion.dev/aion/cluster/durable"
)

// position is how far the webhook has the lines. It is kept beside the file. A file is known by the
// id of its first line, whatever it is called by now.
type position struct {
	File   string `json:"file"`   // id of the first line
	Offset int64  `json:"offset"` // of the first byte that is not sent
}

// readPosition reads it; zero = nothing was sent yet.
func readPosition(path string) (p position, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}

func (p position) write(path string) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return durable.WriteFile(path, append(b, '\n'))
}

// logged is a file with lines.
type logged struct {
	path  string
	first string // id of its first line
	since time.Time
}

// list lists the files with lines, oldest first: the one that is written, and those beside it whose
// names begin with its name. What does not begin with a line, such as a compressed file, is none.
func list(path string) ([]logged, error) {
	paths, err := filepath.Glob(escape(path) + "*")
	if err != nil {
		return nil, err
	}
	var files []logged
	for _, p := range paths {
		if f, ok := firstOf(p); ok {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b logged) int { return a.since.Compare(b.since) })
	return files, nil
}

// firstOf reads the first line of a file that is one.
func firstOf(path string) (f logged, ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return f, false
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return f, false
	}
	r := bufio.NewReader(io.LimitReader(file, maxLine))
	for {
		b, err := r.ReadBytes('\n')
		if err != nil {
			return f, false
		}
		var line Line
		if json.Unmarshal(b, &line) == nil && line.ID != "" {
			return logged{path, line.ID, line.Time}, true
		}
		if len(b) > 0 && b[0] == '{' { // a line that the power cut off
			continue
		}
		return f, false
	}
}
