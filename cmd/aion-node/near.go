package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// nearWithin bounds the time for finding similar names.
const nearWithin = time.Second

// didYouMeanHint prepends similar names to the hint of a refusal. The facts of the refusal say
// which name is unknown.
func (a *app) didYouMeanHint(ctx context.Context, p *wire.Problem) string {
	word, list := unknownName(p)
	if word == "" {
		return p.Hint
	}
	near := a.similarNames(ctx, word, list)
	if len(near) == 0 {
		return p.Hint
	}
	return strings.TrimSpace("Did you mean " + strings.Join(near, " or ") + "? " + p.Hint)
}

// unknownName returns the name that a refusal does not know, and a function that lists the known
// ones.
func unknownName(p *wire.Problem) (word string, list func(context.Context, *client.Client, []string) []string) {
	var other string
	switch p.Code {
	case "unknown_workflow_type":
		p.Fact("workflow_type", &word)
		return word, typeNames
	case "unknown_version":
		var count int
		if p.Fact("loaded_count", &count) && count == 0 && p.Fact("workflow_type", &word) {
			return word, typeNames
		}
		var loaded []string
		if !p.Fact("version", &word) || !p.Fact("loaded", &loaded) {
			return "", nil
		}
		return word, func(context.Context, *client.Client, []string) (prefixes []string) {
			for _, version := range loaded {
				prefixes = append(prefixes, version[:min(len(word), len(version))])
			}
			return prefixes
		}
	case "not_found":
		switch {
		case p.Fact("run_id", &other): // nobody types those
		case p.Fact("workflow_id", &word):
			return word, runIDs()
		case p.Fact("schedule_id", &word):
			return word, scheduleIDs
		case p.Fact("node", &word):
			return word, nodeIDs
		}
	}
	return "", nil
}

// similarNames returns the names of a list that are similar to word. Without an answer in time it
// returns none.
func (a *app) similarNames(ctx context.Context, word string, list func(context.Context, *client.Client, []string) []string) []string {
	c, err := a.connectWith(nearWithin)
	if err != nil {
		return nil
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, nearWithin)
	defer cancel()
	var names []string
	for _, line := range list(ctx, c, nil) {
		name, _, _ := strings.Cut(line, "\t") // a description follows
		names = append(names, name)
	}
	if slices.Contains(names, word) { // the name exists, so it was no slip
		return nil
	}
	return nearest(word, names)
}

// noneOfType is what a listing prints if it has no rows of a type, including which loaded type may
// have been meant.
func (a *app) noneOfType(ctx context.Context, none, typ string) string {
	if typ == "" {
		return none
	}
	return none + didYouMean(a.similarNames(ctx, typ, typeNames))
}
