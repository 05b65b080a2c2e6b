package config

import "fmt"

// Error says which key is wrong, where it was set, and why it is wrong.
type Error struct {
	Source string // file with line, variable or flag; empty = the value may combine several of them
	Key    string
	Reason string
}

func (e *Error) Error() string {
	switch {
	case e.Source == "":
		return fmt.Sprintf("%s: %s", e.Key, e.Reason)
	case e.Key == "":
		return fmt.Sprintf("%s: %s", e.Source, e.Reason)
	}
	return fmt.Sprintf("%s: %s: %s", e.Source, e.Key, e.Reason)
}
