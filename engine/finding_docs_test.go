package engine_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
)

// TestFindingGuide: the filters in the table of docs/FINDING.md find the run that it shows, and no
// other filters do.
func TestFindingGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/FINDING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(guide), "<!-- run by TestFindingGuide -->")
	part, _, ok2 := strings.Cut(part, "<!-- end -->")
	code := regexp.MustCompile("(?s)```python\n(.*?)```").FindStringSubmatch(part)
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)=(.*)` \\| (yes|no) \\|$").FindAllStringSubmatch(part, -1)
	if !ok || !ok2 || code == nil || len(rows) < 10 {
		t.Fatal("docs/FINDING.md has lost the marks of its example")
	}
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"parcel": code[1]}))
		n.BeginWith(engine.StartRequest{Type: "parcel", WorkflowID: "parcel-1"})
		time.Sleep(time.Minute)
		for _, row := range rows {
			want := map[string]string{"yes": "parcel-1", "no": ""}[row[3]]
			equal(t, row[0], found(t, n, one(row[1], row[2])), want)
		}
		time.Sleep(time.Hour)
		equal(t, "after an hour", found(t, n, one("stage", `"on the way"`)), "parcel-1")
		equal(t, "what was taken away", found(t, n, one("tags", `"gift"`)), "")
	})
}
