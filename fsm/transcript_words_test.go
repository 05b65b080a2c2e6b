package fsm

import (
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/fsm/history"
)

// words are a line's arguments: those without a name, in order, and those with one.
type words struct {
	plain []string
	named map[string]string
}

func args(line string) words {
	w := words{named: map[string]string{}}
	for _, f := range strings.Fields(line) {
		if name, value, ok := strings.Cut(f, "="); ok && !strings.HasPrefix(f, "{") {
			w.named[name] = value
		} else {
			w.plain = append(w.plain, f)
		}
	}
	return w
}

func (a words) at(i int) string {
	if i < len(a.plain) {
		return a.plain[i]
	}
	return ""
}

func (a words) has(word string) bool {
	for _, p := range a.plain {
		if p == word {
			return true
		}
	}
	return false
}

func (a words) number(name string, otherwise uint64) uint64 {
	s, ok := a.named[name]
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func (a words) duration(name string) history.Duration {
	d, err := time.ParseDuration(a.named[name])
	if err != nil && a.named[name] != "" {
		panic(err)
	}
	return history.Duration(d)
}
