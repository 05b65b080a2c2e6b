package signing

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
)

// Beside returns where the signatures of an archive are: a text file with one on each line. Empty
// lines and lines that begin with # say nothing.
func Beside(archive string) string { return archive + ".sig" }

// maxFile is far more than the signatures of an archive need.
const maxFile = 1 << 20

// ReadFile reads the signatures of a file. One that does not exist has none.
func ReadFile(path string) (all []signature.Signature, err error) {
	b, err := readSmall(path, maxFile)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s, err := signature.Parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d %w", path, n, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// Texts are the lines of signatures.
func Texts(all []signature.Signature) (texts []string) {
	for _, s := range all {
		texts = append(texts, s.String())
	}
	return texts
}

// Of splits signatures into those of a version and the others.
func Of(v catalog.Version, all []signature.Signature) (of, others []signature.Signature) {
	for _, s := range all {
		if s.Verify(v) {
			of = append(of, s)
		} else {
			others = append(others, s)
		}
	}
	return of, others
}

// Add adds a signature, unless there is one by its key.
func Add(all []signature.Signature, s signature.Signature) []signature.Signature {
	if slices.ContainsFunc(all, func(o signature.Signature) bool { return o.Key == s.Key }) {
		return all
	}
	return append(all, s)
}

func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: has more than %d bytes", path, limit)
	}
	return b, err
}
