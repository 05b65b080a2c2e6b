package backup

import (
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
)

// Header is what a file says about itself before its content.
type Header struct {
	ID          string    `json:"backup_id"`
	ClusterID   string    `json:"cluster_id"`
	ClusterName string    `json:"cluster_name,omitempty"`
	Node        string    `json:"node"`  // that made it
	Build       string    `json:"build"` // of that node
	Index       uint64    `json:"index"`
	LogTime     time.Time `json:"log_time"` // of the entry of that index
	Term        uint64    `json:"term"`     // at least that of the entry
	Level       uint64    `json:"level"`
	Digest      string    `json:"digest"`      // running digest at the index, as /v1/cluster shows it
	StateBytes  int64     `json:"state_bytes"` // of the stream of the state
	Versions    uint64    `json:"versions"`    // loaded
	OpenRuns    uint64    `json:"open_runs"`
	ClosedRuns  uint64    `json:"closed_runs"`
	Archives    []Archive `json:"archives"`
}

// Archive is one of those that the state names.
type Archive struct {
	Digest catalog.Digest `json:"digest"`
	Bytes  int64          `json:"bytes"`
}

// ArchiveBytes is the size of all of them.
func (h *Header) ArchiveBytes() (sum int64) {
	for _, a := range h.Archives {
		sum += a.Bytes
	}
	return sum
}

// encoded is the content of the header's block. It must fit into one: that is about ten thousand
// archives.
func (h *Header) encoded() ([]byte, error) {
	b, err := json.Marshal(h)
	if err == nil && len(b) > BlockBytes {
		err = fmt.Errorf("the header of a backup with %d archives has %d bytes, the limit is %d", len(h.Archives), len(b), BlockBytes)
	}
	return b, err
}

// Size is how many bytes the file has.
func (h *Header) Size() (int64, error) {
	b, err := h.encoded()
	if err != nil {
		return 0, err
	}
	size := preambleBytes + framed(int64(len(b))) + framed(sumBytes) + framed(h.StateBytes)
	for _, a := range h.Archives {
		size += framed(a.Bytes)
	}
	return size, nil
}

// framed is how many bytes content takes in blocks.
func framed(content int64) int64 {
	blocks := (content + BlockBytes - 1) / BlockBytes
	return content + blocks*frameBytes
}

func decodeHeader(content []byte, at int64) (h Header, err error) {
	if err := json.Unmarshal(content, &h); err != nil {
		return h, &Damaged{at, "the header cannot be read: " + err.Error()}
	}
	if h.StateBytes < 0 {
		return h, &Damaged{at, fmt.Sprintf("the header says that the state has %d bytes", h.StateBytes)}
	}
	for _, a := range h.Archives {
		if a.Bytes <= 0 || a.Bytes > maxArchive {
			return h, &Damaged{at, fmt.Sprintf("the header says that archive %s has %d bytes", a.Digest, a.Bytes)}
		}
	}
	return h, nil
}
