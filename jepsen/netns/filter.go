package netns

import (
	"fmt"
	"math"
	"strings"
)

// A filter is a program of the classic Berkeley packet filter that tc runs on every frame that
// leaves the switch towards one end. Its result decides about the frame.
type filter []instruction

type instruction struct {
	code   uint16
	yes    uint8 // how many instructions to skip if a comparison holds
	no     uint8
	number uint32
}

// Instruction codes, and the results that tc expects (linux/bpf_common.h, linux/filter.h,
// linux/pkt_cls.h).
const (
	loadWord  = 0x20 // A = 4 bytes at number
	loadHalf  = 0x28 // A = 2 bytes at number
	loadSize  = 0x80 // A = length of the frame
	loadIPLen = 0xb1 // X = length of the IP header that begins at number
	loadHalfX = 0x48 // A = 2 bytes at X + number
	ifEqual   = 0x15
	ifAbove   = 0x25
	ifAtLeast = 0x35
	result    = 0x06

	randomAt = 0xfffff000 + 56 // where loadWord finds a random number
	pass     = math.MaxUint32  // as if there were no filter
	drop     = 2
)

// Offsets in a frame.
const (
	senderAt = 8  // the last 4 bytes of the sender's hardware address; see hardware
	typeAt   = 12 // 0x0800 = IPv4
	ipAt     = 14
)

// compile builds the filter for an end: rules one after another; the first that matches loses the
// frame. number numbers the ends; their hardware addresses follow from that.
func compile(rules []Rule, number map[string]int) filter {
	var f filter
	for _, r := range rules {
		// Each test continues if it holds, and otherwise jumps to the next rule. The distance is
		// only known at the end.
		one := filter{{loadWord, 0, 0, senderAt}, {ifEqual, 0, next, uint32(number[r.From])}}
		if r.Larger > 0 {
			one = append(one, instruction{loadSize, 0, 0, 0}, instruction{ifAbove, 0, next, uint32(r.Larger)})
		}
		if r.Port > 0 {
			one = append(one,
				instruction{loadHalf, 0, 0, typeAt}, instruction{ifEqual, 0, next, 0x0800},
				instruction{loadIPLen, 0, 0, ipAt},
				instruction{loadHalfX, 0, 0, ipAt}, instruction{ifEqual, 2, 0, uint32(r.Port)},
				instruction{loadHalfX, 0, 0, ipAt + 2}, instruction{ifEqual, 0, next, uint32(r.Port)})
		}
		if r.Part < 1 {
			one = append(one, instruction{loadWord, 0, 0, randomAt}, instruction{ifAtLeast, next, 0, uint32(r.Part * (1 << 32))})
		}
		one = append(one, instruction{result, 0, 0, drop})
		for i := range one {
			left := uint8(len(one) - 1 - i)
			if one[i].yes == next {
				one[i].yes = left
			}
			if one[i].no == next {
				one[i].no = left
			}
		}
		f = append(f, one...)
	}
	return append(f, instruction{result, 0, 0, pass})
}

// next stands for the first instruction after a rule while the rule is built; no rule is that long.
const next = math.MaxUint8

// maxRules bounds the rules of one end: tc accepts programs of up to 4,096 instructions, and a rule
// has at most 14.
const maxRules = 256

// String returns the filter in tc's format.
func (f filter) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", len(f))
	for _, i := range f {
		fmt.Fprintf(&b, ",%d %d %d %d", i.code, i.yes, i.no, i.number)
	}
	return b.String()
}
