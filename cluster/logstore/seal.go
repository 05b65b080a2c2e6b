package logstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/hashicorp/raft"
)

// BeginAnew is what an operator does with a node whose data are not to be used again.
const BeginAnew = "to join the cluster anew, start with an empty data folder and another node.id, then remove this node from the cluster"

// Every entry on disk carries a checksum of what it says, in the field that raft leaves to those
// who wrap its store. The wal checks what it wrote when it recovers the end of the log, not when it
// reads an older entry: a bit that a disk flipped would be applied, and the node would be found out
// by its digest only afterwards (jepsen, bits-log). An entry of before has no checksum and is taken
// as it is.

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

// sealed returns copies of logs with their checksums: others hold the originals.
func sealed(logs []*raft.Log) []*raft.Log {
	out := make([]*raft.Log, len(logs))
	for i, log := range logs {
		c := *log
		c.Extensions = sealOf(log)
		out[i] = &c
	}
	return out
}

// unseal checks an entry that was read, and takes the checksum away: each node makes its own.
func unseal(log *raft.Log) error {
	seal := log.Extensions
	log.Extensions = nil
	if len(seal) == 0 {
		return nil
	}
	if string(seal) != string(sealOf(log)) {
		return fmt.Errorf("entry %d is not what was written: its checksum differs; the disk has changed it; %s", log.Index, BeginAnew)
	}
	return nil
}
