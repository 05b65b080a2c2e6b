package grant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind is what a grant lets its holder do.
type Kind string

// The kinds.
const (
	Read    Kind = "read"    // see runs, versions, schedules and queues, without what callers' data says
	Payload Kind = "payload" // see inputs, results, histories with both, logs, and ask runs by queries
	Start   Kind = "start"   // start runs, now or by a schedule
	Signal  Kind = "signal"  // signal runs, and ask them to end
	Work    Kind = "work"    // take tasks of queues, and report on them
	Deploy  Kind = "deploy"  // change versions, routes and canaries, and move runs
	Operate Kind = "operate" // stop and resume runs, set limits and retention, and run the cluster
	Admin   Kind = "admin"   // everything, tokens included
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{Read, Payload, Start, Signal, Work, Deploy, Operate, Admin} }

// The keys by which a grant is limited.
const (
	keySpace = "namespace"
	keyType  = "type"
	keyQueue = "queue"
)

// keys are those that make sense for a kind, besides namespace, which does for all.
var keys = map[Kind][]string{
	Read: {keyType}, Payload: {keyType}, Start: {keyType}, Signal: {keyType}, Deploy: {keyType}, Work: {keyQueue}, Operate: {keyType, keyQueue}, Admin: {},
}

// MaxPrefix bounds a prefix, in bytes: no name of a type or a queue is longer.
const MaxPrefix = 255

// Grant is one kind, perhaps for some namespaces, types or queues only. A prefix that is nil is no
// limit.
type Grant struct {
	Kind  Kind
	Space *string // prefix of namespaces
	Type  *string // prefix of workflow types
	Queue *string // prefix of queues
}

// Parse reads KIND[:KEY=PREFIX[,KEY=PREFIX]].
func Parse(text string) (g Grant, err error) {
	kind, limits, limited := strings.Cut(text, ":")
	g.Kind = Kind(kind)
	allowed, known := keys[g.Kind]
	if !known {
		return g, fmt.Errorf("%q is none of the grants %s", clip(kind), words(Kinds()))
	}
	if !limited {
		return g, nil
	}
	for i, limit := range strings.Split(limits, ",") {
		key, prefix, ok := strings.Cut(limit, "=")
		switch {
		case key == keySpace && i > 0:
			return g, fmt.Errorf("namespace of %s stands first among its limits", kind)
		case key != keySpace && !slices.Contains(allowed, key):
			return g, fmt.Errorf("%s is limited by %s, not by %q", kind, strings.Join(append([]string{keySpace}, allowed...), " or "), clip(key))
		case !ok || prefix == "":
			return g, fmt.Errorf("%s of %s has no prefix: leave it out, or say %s=PREFIX", key, kind, key)
		case len(prefix) > MaxPrefix:
			return g, fmt.Errorf("%s of %s has %d bytes, the limit is %d", key, kind, len(prefix), MaxPrefix)
		case strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }):
			return g, fmt.Errorf("%s of %s has spaces or control characters", key, kind)
		}
		of := map[string]**string{keySpace: &g.Space, keyType: &g.Type, keyQueue: &g.Queue}[key]
		if *of != nil {
			return g, fmt.Errorf("%s of %s is given twice: write two grants", key, kind)
		}
		*of = &prefix
	}
	if g.Type != nil && g.Queue != nil {
		return g, errors.New("nothing has both a type and a queue: write two grants")
	}
	return g, nil
}

// String is what Parse reads.
func (g Grant) String() string {
	text, before := string(g.Kind), ":"
	for _, limit := range []struct {
		key    string
		prefix *string
	}{{keySpace, g.Space}, {keyType, g.Type}, {keyQueue, g.Queue}} {
		if limit.prefix != nil {
			text += before + limit.key + "=" + *limit.prefix
			before = ","
		}
	}
	return text
}

func words(kinds []Kind) string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = string(k)
	}
	return strings.Join(all, ", ")
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}
