package rewind

import (
	"regexp"
	"strconv"

	"aion.dev/aion/engine/runtime"
)

// Frame is a call under way.
type Frame struct {
	At       string          `json:"at"` // file, line and perhaps column: "order.star:12:9"
	Function string          `json:"function"`
	Source   string          `json:"source"` // the line
	Locals   []runtime.Local `json:"locals,omitempty"`
}

var place = regexp.MustCompile(`^(.+?):(\d+)(?::\d+)?$`)

// File is the name of the file that the call is in, or "".
func (f Frame) File() string {
	file, _ := f.place()
	return file
}

// Line is the line that the call is at, from 1; 0 if it is not known.
func (f Frame) Line() int {
	_, line := f.place()
	return line
}

func (f Frame) place() (file string, line int) {
	m := place.FindStringSubmatch(f.At)
	if m == nil {
		return "", 0
	}
	line, _ = strconv.Atoi(m[2])
	return m[1], line
}
