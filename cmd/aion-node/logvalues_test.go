package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"aion.dev/aion/cmd/aion-node/config"
	"github.com/hashicorp/go-hclog"
)

// In a JSON log, a value is a text, a number or a boolean.
func TestLogValuesArePlain(t *testing.T) {
	servers := []struct {
		Suffrage time.Weekday // a number with a name
		ID       string
		hidden   int
	}{{time.Sunday, "n1", 1}, {time.Monday, "n2", 2}}
	const listed = "suffrage=Sunday id=n1, suffrage=Monday id=n2"
	for name, c := range map[string]struct{ value, want any }{
		"a duration of the configuration": {config.Duration{Duration: 15 * time.Second}, "15s"},
		"a duration":                      {time.Second, "1s"},
		"a struct":                        {struct{ A, B int }{1, 2}, "a=1 b=2"},
		"servers":                         {servers, listed},
		"formatted servers":               {hclog.Fmt("%+v", servers), listed},
		"a list":                          {[]string{"a", "b"}, "a, b"},
		"an error":                        {errors.New("no"), "no"},
		"a number":                        {7, 7.0},
		"a truth value":                   {true, true},
		"nothing":                         {nil, ""},
	} {
		var b bytes.Buffer
		log := plainLogger{hclog.New(&hclog.LoggerOptions{Output: &b, JSONFormat: true})}
		log.Named("x").With("before", c.value).Info("said", "value", c.value)
		var line map[string]any
		if err := json.Unmarshal(b.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v: %s", name, err, b.String())
		}
		if line["value"] != c.want || line["before"] != c.want {
			t.Errorf("%s: %s", name, b.String())
		}
	}
}
