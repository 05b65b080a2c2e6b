package zones

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"testing"
	"time"
)

// The machine's database has no influence, not even on whether a zone exists.
func TestZonesAreNotTheMachines(t *testing.T) {
	dir := t.TempDir()
	other, err := database()
	if err != nil {
		t.Fatal(err)
	}
	f, err := other["Asia/Tokyo"].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+"/Europe", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/Europe/Berlin", "/Europe/Atlantis"} {
		if err := os.WriteFile(dir+name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("ZONEINFO", dir)
	berlin, err := Of("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if _, offset := time.Date(2026, 7, 1, 0, 0, 0, 0, berlin).Zone(); offset != 2*60*60 {
		t.Errorf("Berlin is %d s from UTC", offset)
	}
	for _, name := range []string{"Europe/Atlantis", "Local", "../Europe/Berlin", "/etc/localtime", "europe/berlin", "Europe", "Europe/"} {
		if zone, err := Of(name); err == nil {
			t.Errorf("%q is the zone %s", name, zone)
		}
	}
}

// Another version of the database would move times that recorded runs have computed.
func TestTheDatabaseIsFrozen(t *testing.T) {
	sum := sha256.Sum256(zoneinfo)
	if got := hex.EncodeToString(sum[:]); got != frozen {
		t.Errorf("the database is %s", got)
	}
}

const frozen = "8f55634d05f8bca1f7bc7c69c5933428c69357e0bdf565e5ba224e3f88ff12e8"
