package node

import (
	"reflect"
	"testing"

	"aion.dev/aion/cmd/aion-node/config"
)

// Every limit of the engine has a setting, with the engine's default.
func TestEveryLimitOfTheEngineIsSet(t *testing.T) {
	cfg := config.Default()
	limits := engineLimits(cfg, runtimeLimits(cfg), gib)
	for v, i := reflect.ValueOf(limits), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("no setting reaches engine.Limits.%s", v.Type().Field(i).Name)
		}
	}
	cfg.Limits.InFlight = 1
	if limits := engineLimits(cfg, runtimeLimits(cfg), gib); limits.Turns != 1 || limits.Validate() != nil {
		t.Errorf("with one turn in flight %d are computed at once: %v", limits.Turns, limits.Validate())
	}
}
