package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// deployment executes several changes, or none of them if one is refused, and records them.
func (m *Model) deployment(c *fsm.Deploy, r *fsm.Result) (code, why string) {
	loaded, routes, ready, moved, drains := maps.Clone(m.loaded), maps.Clone(m.routes), maps.Clone(m.ready), maps.Clone(m.moved), len(m.drains)
	known := map[catalog.Version]*facts{}
	for v, f := range m.facts { // any order: copied
		known[v] = f.clone()
	}
	canaries := map[string]*canary{}
	for typ, c := range m.canaries { // any order: copied
		one := *c
		canaries[typ] = &one
	}
	signers := maps.Clone(m.signers)
	refuse := func(operation string, types []string, code string) (string, string) {
		m.loaded, m.routes, m.ready, m.moved, m.facts, m.canaries, m.drains = loaded, routes, ready, moved, known, canaries, m.drains[:drains]
		m.signers = signers
		clear(m.left)
		m.recordDeploy(operation, types, code)
		return code, ""
	}
	for _, x := range c.Expect {
		if !m.expects(x.Type, x.Ref) {
			var types []string
			for _, x := range c.Expect {
				types = append(types, x.Type)
			}
			return refuse("deployment", types, "route_conflict")
		}
	}
	type record struct {
		operation string
		types     []string
		left      map[string]catalog.Version
	}
	var records []record
	answer, _ := r.Answer.(*fsm.DeployAnswer)
	refused, _ := r.Refusal.(*fsm.ChangeRefused)
	if answer != nil && len(answer.Changes) != len(c.Changes) {
		return ok, fmt.Sprintf("%d changes have %d answers", len(c.Changes), len(answer.Changes))
	}
	for i := range c.Changes {
		command, one := commandOf(&c.Changes[i]), fsm.Result{}
		if answer != nil {
			one.Answer = answerOf(&answer.Changes[i])
		}
		if refused != nil && refused.Change == uint32(i) {
			one.Refusal = refused.Reason()
		}
		operation, types := m.concerns(command)
		clear(m.left)
		code, why := m.execute(command, &one)
		if why != "" {
			return code, fmt.Sprintf("change %d: %s", i, why)
		}
		if code != ok {
			if unload := c.Changes[i].Unload; unload != nil { // what else its package carries is not looked up
				types = []string{unload.Type}
			}
			refuse(operation, types, code)
			if refused != nil && refused.Change != uint32(i) {
				why = fmt.Sprintf("change %d is refused, the model refuses %d", refused.Change, i)
			}
			return code, why
		}
		records = append(records, record{operation, types, maps.Clone(m.left)})
	}
	for _, r := range records {
		m.left = r.left
		m.recordDeploy(r.operation, r.types, ok)
	}
	return ok, ""
}

func commandOf(c *fsm.Change) fsm.Command {
	switch {
	case c.Load != nil:
		return c.Load
	case c.Route != nil:
		return c.Route
	case c.Unroute != nil:
		return c.Unroute
	case c.Canary != nil:
		return c.Canary
	}
	return c.Unload
}

func answerOf(a *fsm.ChangeAnswer) fsm.Answer {
	switch {
	case a.Load != nil:
		return a.Load
	case a.Route != nil:
		return a.Route
	case a.Unload != nil:
		return a.Unload
	case a.Canary != nil:
		return a.Canary
	}
	return nil
}

// drawDeployment draws a few changes, which are often refused together.
func (w *World) drawDeployment(rng *rand.Rand) fsm.Command {
	c := new(fsm.Deploy)
	if ref := w.expect(rng); ref != "" {
		c.Expect = []catalog.Expect{{Type: one(rng, types), Ref: ref}}
	}
	for range 1 + rng.IntN(4) {
		var change fsm.Change
		switch rng.IntN(8) {
		case 0, 1, 2, 3:
			change.Load = &fsm.LoadPackage{Package: one(rng, packages), Route: !odds(rng, 3)}
			change.Load.Signatures = w.drawSignatures(change.Load.Package.Version, rng)
		case 4, 5:
			change.Route = &fsm.RouteType{Type: one(rng, types), Version: version(rng)}
		case 6:
			change.Unroute = &fsm.UnrouteType{Type: one(rng, types)}
		case 7:
			change.Unload = &fsm.UnloadVersion{Type: one(rng, types), Version: version(rng)}
		}
		c.Changes = append(c.Changes, change)
	}
	if w.model.level >= 2 && odds(rng, 2) { // at any place, so that what comes after it may be refused for it
		if canary, ok := w.drawCanary(rng).(*fsm.SetCanary); ok {
			c.Changes = slices.Insert(c.Changes, rng.IntN(len(c.Changes)+1), fsm.Change{Canary: canary})
		}
	}
	return c
}
