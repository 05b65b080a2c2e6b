package transport_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/wire"
)

func TestArchivesAreStoredAndNotLoaded(t *testing.T) {
	_, _, c := cluster2(t)
	archive := enginetest.Pack(t, waiting("1"))
	sum := sha256.Sum256(archive)
	for range 2 { // the second time it is stored already
		a, err := c.StoreArchive(t.Context(), archive)
		if err != nil {
			t.Fatal(err)
		}
		if a.Archive != hex.EncodeToString(sum[:]) || len(a.WorkflowTypes) != 1 || a.WorkflowTypes[0] != "order" {
			t.Errorf("got %+v", a)
		}
		if dry, err := c.Load(t.Context(), archive, wire.LoadOptions{DryRun: true}); err != nil || dry.Version != a.Version || !dry.FreshlyLoaded {
			t.Errorf("a dry run of a load: %+v, %v", dry, err)
		}
	}
	if l, err := c.Versions(t.Context(), ""); err != nil || len(l.Versions) != 0 {
		t.Errorf("storing loaded something: %+v, %v", l, err)
	}
	for _, bad := range [][]byte{nil, []byte("no archive")} {
		want := "invalid_package"
		if bad == nil {
			want = "invalid_input"
		}
		if _, err := c.StoreArchive(t.Context(), bad); code(err) != want {
			t.Errorf("%q: got %v, want %s", bad, err, want)
		}
	}
}
