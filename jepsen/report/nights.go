package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/jepsen/sim"
	"aion.dev/aion/jepsen/suite"
)

// Night is the result of one night. Nights are appended to a table and never rewritten, so findings
// stay there.
type Night struct {
	Count
	Began                time.Time
	Commit               string
	Worlds, Steps, Fails int // of the simulation
}

// NightOf sums up a night.
func NightOf(results []*suite.Result, found sim.Found, commit string, began time.Time) Night {
	return Night{
		Count: Summarise(results).Count, Began: began, Commit: commit,
		Worlds: found.Worlds, Steps: found.Steps, Fails: len(found.Failures),
	}
}

const nightsHead = `# Nights

One row for each night of ` + "`make jepsen-nightly`" + `, appended when it was over. Seeds are new every night, so rows add up; what failed is in the folder of that night.

| began | build | runs | passed | failed | not made | operations | faults | worlds | steps | failed worlds |
|---|---|---|---|---|---|---|---|---|---|---|
`

// Row returns the night's line of the table.
func (n Night) Row() string {
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %s | %s | %s | %s | %d |", n.Began.UTC().Format("2006-01-02 15:04"), n.Commit,
		n.Runs, n.Passed, n.Count.Failed, n.NotMade, number(n.Ops), number(n.Faults), number(n.Worlds), number(n.Steps), n.Fails)
}

// Append adds the night to the table, and creates the table if there is none.
func (n Night) Append(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	head := ""
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		head = nightsHead
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(head + n.Row() + "\n")
	return errors.Join(err, f.Close())
}

// Err returns an error if something was found.
func (n Night) Err() error {
	if n.Count.Failed+n.NotMade+n.Fails == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d runs failed, %d could not be made, %d of %d worlds failed", n.Count.Failed, n.Runs, n.NotMade, n.Fails, n.Worlds)
}
