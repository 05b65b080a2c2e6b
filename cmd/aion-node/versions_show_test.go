package main

import (
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
)

func TestManifestDiff(t *testing.T) {
	loaded := &wire.VersionShown{Description: "a", Labels: map[string]string{"team": "x", "same": "s"}}
	for want, sent := range map[string]*catalog.Manifest{
		"manifest.json is written in another way":                                          {Description: "a", Labels: map[string]string{"team": "x", "same": "s"}},
		`description is "a" there and "" here`:                                             {Labels: map[string]string{"team": "x", "same": "s"}},
		`label new is absent there and "" here; label team is "x" there and "y" here`:      {Description: "a", Labels: map[string]string{"team": "y", "same": "s", "new": ""}},
		`label same is "s" there and absent here; label team is "x" there and absent here`: {Description: "a"},
	} {
		if got := strings.Join(manifestDiff(loaded, sent), "; "); got != want {
			t.Errorf("%+v: %s, want %s", sent, got, want)
		}
	}
}
