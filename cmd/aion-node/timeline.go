package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
)

// timeline prints the events of one run. On a terminal lines fit the width, and each day gets a
// line of its own. Elsewhere every line has its date and zone, and nothing is cut.
type timeline struct {
	w       io.Writer
	width   int // 0 = nothing is cut
	heading bool

	begun bool
	last  time.Time         // time of the previous event
	day   string            // the last printed day
	names map[string]string // "activity 3" -> its name
}

func newTimeline(a *app, full bool) *timeline {
	t := &timeline{w: a.out, heading: !a.noHeaders, names: map[string]string{}}
	if width, ok := terminal(a.out); ok && !full && !a.wide {
		t.width = width
	}
	return t
}

// zone names the time zone in which t is shown.
func zone(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return "UTC"
	}
	return "UTC" + t.Format("-07:00")
}

// roomForData is the width from which an event's data fit on its line. On narrower terminals they
// are on a line of their own.
const roomForData = 110

const timelineRow = "%-5s %s  %-8s %-22s %-24s %s"

// printEvent prints one event.
func (t *timeline) printEvent(e wire.Event) {
	at := e.At.Local()
	after := ""
	if t.begun {
		after = "+" + since(at.Sub(t.last))
	}
	t.last = at
	clock := at.Format("15:04:05.000")
	if t.width == 0 {
		clock = exact(at)
	} else if day := at.Format("Monday, 2006-01-02") + ", times are " + zone(at); day != t.day {
		t.day = day
		fmt.Fprintln(t.w, day)
	}
	dataHeading := "DATA"
	if t.narrow() {
		dataHeading = ""
	}
	if !t.begun && t.heading {
		t.printLine(fmt.Sprintf(timelineRow, "SEQ", "AT"+strings.Repeat(" ", len(clock)-2), "AFTER", "EVENT", "OF", dataHeading))
	}
	t.begun = true
	data, below := printable(string(e.Data)), ""
	if t.narrow() {
		data, below = "", data
	}
	t.printLine(fmt.Sprintf(timelineRow, fmt.Sprint(e.Seq), clock, after, e.Type, t.subject(e), data))
	if below != "" && below != "{}" {
		t.printLine("      " + below)
	}
	printEnd(t.w, e)
}

func (t *timeline) narrow() bool { return t.width > 0 && t.width < roomForData }

func (t *timeline) printLine(text string) {
	text = oneLine(text)
	if t.width > 0 {
		text = clip(text, t.width)
	}
	fmt.Fprintln(t.w, strings.TrimRight(text, " "))
}

// since formats the time between events as briefly as possible.
func since(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	case d < 48*time.Hour:
		return span(d.Round(time.Second))
	}
	d = d.Round(time.Hour)
	text := fmt.Sprintf("%dd", d/(24*time.Hour))
	if rest := d % (24 * time.Hour); rest > 0 {
		text += span(rest)
	}
	return text
}

// subject names what an event is about, so that the events of one activity are recognizable:
// "charge_card #1" even if the event itself contains only 1.
func (t *timeline) subject(e wire.Event) string {
	var d struct {
		ID         uint64 `json:"id"`
		Activity   string `json:"activity"`
		Name       string `json:"name"`
		WorkflowID string `json:"workflow_id"`
		Type       string `json:"workflow_type"`
	}
	if json.Unmarshal(e.Data, &d) != nil {
		return ""
	}
	kind := ""
	for prefix, k := range map[string]string{"Activity": "activity", "Timer": "timer", "ChildWorkflow": "child", "Result": "result", "AwaitCancelled": "result"} {
		if strings.HasPrefix(e.Type, prefix) {
			kind = k
		}
	}
	switch {
	case kind != "":
		key := fmt.Sprintf("%s %d", kind, d.ID)
		if name := d.Activity; name != "" {
			t.names[key] = name
		} else if e.Type == "ChildWorkflowStarted" || e.Type == "ResultAwaited" {
			t.names[key] = d.WorkflowID
		}
		if t.names[key] == "" {
			t.names[key] = kind
		}
		return clip(t.names[key], 20) + fmt.Sprintf(" #%d", d.ID)
	case e.Type == "CancelSent":
		return clip(d.WorkflowID, 24)
	case strings.HasPrefix(e.Type, "Signal"):
		return "signal " + clip(d.Name, 17)
	case e.Type == "WorkflowStarted":
		return clip(d.Type, 24)
	}
	return ""
}
