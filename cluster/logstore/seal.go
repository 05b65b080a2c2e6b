package logstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/hashicorp/raft"
)

// BeginAnew tells an operator what to do with a node whose data must not be used again.
const BeginAnew = "to join the cluster anew, start with an empty data folder and another node.id, then remove this node from the cluster"

// Every entry on disk carries a checksum of its content, in the field that raft reserves for
// wrappers of its store. The wal verifies what it wrote when it recovers the end of the log, but
// not when it reads an older entry. A bit flipped by the disk would be applied, and only the digest
// would expose the node afterwards (jepsen, bits-log). An entry written before checksums existed is
// accepted as it is.

const sealSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sealOf(log *raft.Log) []byte {
	var head [17]byte
	binary.BigEndian.PutUint64(head[:], log.Index)
	binary.BigEndian.PutUint64(head[8:], log.Term)
	head[16] = byte(log.Type)
	sum := crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, log.Data)
	return binary.BigEndian.AppendUint32(make([]byte, 0, sealSize), sum)
}

// sealed returns copies of logs with their checksums; the originals belong to others.
func sealed(logs []*raft.Log) []*raft.Log {
	out := make([]*raft.Log, len(logs))
	for i, log := range logs {
		c := *log
		c.Extensions = sealOf(log)
		out[i] = &c
	}
	return out
}

// unseal verifies an entry that was read and removes the checksum: each node computes its own.
func unseal(log *raft.Log) error {
	seal := log.Extensions
	log.Extensions = nil
	if len(seal) == 0 {
		return nil
	}
	if string(seal) != string(sealOf(log)) {
		return fmt.Errorf("entry %d is not what was written: its checksum differs, so the disk has changed it; %s", log.Index, BeginAnew)
	}
	return nil
}
