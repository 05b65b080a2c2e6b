package engine

import (
	"fmt"

	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
)

// Forbidden refuses what only a look into an archive or the state shows to be beyond a caller's
// grants. Nothing happened.
type Forbidden struct {
	Grant string // that the caller would need
	What  string // it is needed for
}

func (e *Forbidden) Error() string {
	return fmt.Sprintf("%s needs the grant %s", e.What, e.Grant)
}

// Code implements fsm.Refusal.
func (e *Forbidden) Code() string { return "permission_denied" }

// Facts implements fsm.Refusal.
func (e *Forbidden) Facts() map[string]any { return map[string]any{"needs": e.Grant} }

// mayDeploy refuses a package that carries a type which the caller may not deploy.
func mayDeploy(only *fsm.Scope, types []string) error {
	for _, typ := range types {
		if !only.HasType(typ) {
			typ = clip.Short(namespace.Bare(typ))
			return &Forbidden{Grant: "deploy:type=" + typ, What: fmt.Sprintf("a package that carries the workflow type %q", typ)}
		}
	}
	return nil
}
