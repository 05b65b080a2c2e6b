package auditlog

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
)

// newestBytes is how much of the end of the file is looked at.
const newestBytes = 1 << 20

// Newest returns the newest lines that match, at most limit of them, the newest first. It looks at
// the end of the present file alone: older lines are for those who collect the files.
func (l *Log) Newest(limit int, match func(*Line) bool) ([]Line, error) {
	f, err := os.Open(l.cfg.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-newestBytes)
	b, err := io.ReadAll(io.NewSectionReader(f, from, newestBytes))
	if err != nil {
		return nil, err
	}
	if from > 0 {
		b = b[bytes.IndexByte(b, '\n')+1:] // the first line may be cut
	}
	list := []Line{}
	for len(b) > 0 && len(list) < limit {
		b = bytes.TrimSuffix(b, []byte("\n"))
		at := bytes.LastIndexByte(b, '\n') + 1
		var line Line
		if json.Unmarshal(b[at:], &line) == nil && match(&line) {
			list = append(list, line)
		}
		b = b[:at]
	}
	return list, nil
}
