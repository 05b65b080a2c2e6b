package main

import (
	"time"

	"aion.dev/aion/transport/wire"
)

// whereHelp explains conditions.
const whereHelp = `A condition is FIELD=VALUE, or has != > >= < <= or ^= (begins with) in place of =. FIELD is the name of an attribute, or type, status, version, parent, started or
closed; an attribute of such a name is written as a JSON string: '"status"=new'. Times are RFC 3339, or how long ago: 'started>2h'. Quote conditions, for the shell
reads > and <.`

// checkFound rejects attributes and conditions that a node would.
func checkFound(f *wire.RunFilter) error {
	for _, attr := range f.Attributes {
		if _, _, ok := wire.CutAttribute(attr); !ok {
			return usage("--attr %q is not KEY=VALUE", attr)
		}
	}
	return readConditions(f.Where)
}

// readConditions rejects what is no condition, and writes times as nodes read them.
func readConditions(where []string) error {
	for i, text := range where {
		c, ok := wire.CutCondition(text)
		if !ok {
			return usage("--where %q is not FIELD=VALUE, nor has another of != > >= < <= ^= in place of =", text)
		}
		if c.Plain && (c.Field == "started" || c.Field == "closed") {
			at := moments{"where": &c.Value}
			if err := at.read(time.Now()); err != nil {
				return err
			}
			where[i] = c.String()
		}
	}
	return nil
}
