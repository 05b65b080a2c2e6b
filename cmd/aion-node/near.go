package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// nearWithin is how long it may take to find out what an unknown name may have meant.
const nearWithin = time.Second

// didYouMeanHint puts the names that an unknown one may have meant in front of the hint of a
// refusal. What is unknown follows from the facts that the refusal names.
func (a *app) didYouMeanHint(ctx context.Context, p *wire.Problem) string {
	word, list := unknownName(p)
	if word == "" {
		return p.Hint
	}
	near := a.near(ctx, word, list)
	if len(near) == 0 {
		return p.Hint
	}
	return strings.TrimSpace("Did you mean " + strings.Join(near, " or ") + "? " + p.Hint)
}

// unknownName finds the name that a refusal does not know, and what lists those that there are.
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

// near are the names of a list that word may have meant. Without an answer in time there are none.
func (a *app) near(ctx context.Context, word string, list func(context.Context, *client.Client, []string) []string) []string {
	c, err := a.connectWith(nearWithin)
	if err != nil {
		return nil
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, nearWithin)
	defer cancel()
	var names []string
	for _, line := range list(ctx, c, nil) {
		name, _, _ := strings.Cut(line, "\t") // behind it stands what it is
		names = append(names, name)
	}
	if slices.Contains(names, word) { // it was no slip
		return nil
	}
	return nearest(word, names)
}

// noneOfType is what a listing says that has no rows of a type: also which loaded type may have
// been meant.
func (a *app) noneOfType(ctx context.Context, none, typ string) string {
	if typ == "" {
		return none
	}
	return none + didYouMean(a.near(ctx, typ, typeNames))
}
