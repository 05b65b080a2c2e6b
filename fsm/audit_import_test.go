package fsm_test

import (
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
)

func init() { fsm.Audit, fsm.Retell = audit.Check, audit.Retell }
