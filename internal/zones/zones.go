// Package zones holds the time zone database of the cluster: one version of it (that of Go 1.26's
// distribution), compiled into the binary. A newer version may move a local time that a recorded
// run has computed, or a schedule's fire, so no node ever asks its machine. Begin with Of.
package zones

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"time"
)

//go:embed zoneinfo.zip
var zoneinfo []byte

// maxName bounds the name of a zone, in bytes.
const maxName = 100

var database = sync.OnceValues(func() (map[string]*zip.File, error) {
	r, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, err
	}
	files := make(map[string]*zip.File, len(r.File))
	for _, f := range r.File {
		if !f.FileInfo().IsDir() {
			files[f.Name] = f
		}
	}
	return files, nil
})

var loaded sync.Map // *time.Location by name: there are some hundreds

// Of returns a zone by its IANA name; "" and "UTC" are UTC.
func Of(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if zone, ok := loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	unknown := fmt.Errorf("unknown time zone %.*q", maxName, name)
	if len(name) > maxName {
		return nil, unknown
	}
	files, err := database()
	if err != nil {
		return nil, err
	}
	file := files[name]
	if file == nil {
		return nil, unknown
	}
	content, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, unknown
	}
	kept, _ := loaded.LoadOrStore(name, zone)
	return kept.(*time.Location), nil
}
