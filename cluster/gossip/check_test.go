package gossip

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/cluster/nodeid"
	"github.com/hashicorp/go-msgpack/v2/codec"
	"github.com/hashicorp/memberlist"
)

func pack(kind byte, v any) []byte {
	b := bytes.NewBuffer([]byte{kind})
	if err := codec.NewEncoder(b, &codec.MsgpackHandle{}).Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := lzw.NewWriter(&out, lzw.LSB, 8)
	w.Write(b)
	w.Close()
	return pack(kindCompress, map[string]any{"Algo": 0, "Buf": out.Bytes()})
}

func compound(parts ...[]byte) []byte {
	b := []byte{kindCompound, byte(len(parts))}
	for _, p := range parts {
		b = binary.BigEndian.AppendUint16(b, uint16(len(p)))
	}
	return append(b, bytes.Join(parts, nil)...)
}

// claims4GiB is a ping of a node whose name claims to be 4 GiB long.
var claims4GiB = []byte("\x00\x81\xa4Node\xdb\xff\xff\xff\xff")

func TestGossipMessagesHoldWhatTheyClaim(t *testing.T) {
	ping := pack(kindPing, map[string]any{"SeqNo": 1, "Node": "a"})
	list := pack(kindPushPull, map[string]any{"Nodes": 1, "UserStateLen": 0, "Join": true})
	list = append(list, pack(0, map[string]any{"Name": "b"})[1:]...)
	for name, c := range map[string]struct {
		packet, stream []byte
		wrong          string
	}{
		"a ping":                      {packet: ping, stream: ping},
		"two at once":                 {packet: compound(ping, ping)},
		"compressed":                  {packet: deflate(ping), stream: deflate(ping)},
		"two at once, compressed":     {packet: deflate(compound(ping, ping))},
		"a list":                      {stream: list},
		"a list, compressed":          {stream: deflate(list)},
		"a name of 4 GiB":             {packet: claims4GiB, stream: claims4GiB, wrong: "longer"},
		"one in a compressed message": {packet: deflate(claims4GiB), stream: deflate(claims4GiB), wrong: "longer"},
		"one of two":                  {packet: compound(ping, claims4GiB), wrong: "longer"},
		"4 billion values":            {packet: []byte("\x04\xdd\xff\xff\xff\xff"), stream: []byte("\x06\xdf\xff\xff\xff\xff"), wrong: "longer"},
		"a bomb":                      {packet: deflate(make([]byte, 1<<20)), stream: deflate(make([]byte, 8<<20)), wrong: "more than"},
		"a bomb in a bomb":            {packet: deflate(deflate(deflate(ping))), stream: deflate(deflate(ping)), wrong: "nested too deep"},
		"deep values":                 {packet: append([]byte{4}, bytes.Repeat([]byte{0x91}, 10_000)...), wrong: "too deep"},
		"nothing":                     {packet: []byte{}, wrong: "empty"},
		"words to other software":     {packet: []byte("\x08GET / HTTP/1.1"), stream: []byte("\x08GET / HTTP/1.1"), wrong: "kind 8"},
		"20 MiB beside a list": {
			stream: pack(kindPushPull, map[string]any{"Nodes": 0, "UserStateLen": 20 << 20}), wrong: "user state"},
		"a million nodes": {
			stream: pack(kindPushPull, map[string]any{"Nodes": 1 << 20, "UserStateLen": 0}), wrong: "1048576 nodes"},
	} {
		judge := func(how string, err error) {
			if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
				t.Errorf("%s, %s: %v, want %q", name, how, err, c.wrong)
			}
		}
		if c.packet != nil {
			judge("as a packet", checkPacket(nil, c.packet))
		}
		if c.stream != nil {
			got, err := readMessage(bytes.NewReader(c.stream), nil)
			judge("as a stream", err)
			if err == nil && !bytes.Equal(got, c.stream) {
				t.Errorf("%s: %d bytes of %d were read", name, len(got), len(c.stream))
			}
		}
	}
}

func TestGossipKeepsABoundedListOfNodes(t *testing.T) {
	g := openTestGossip(t, "a")
	defer g.Close()
	invent := func(id string) []byte {
		meta, _ := json.Marshal(meta{Raft: id + ":7601"})
		return pack(kindAlive, map[string]any{"Node": id, "Name": id, "Addr": net.IPv4(127, 0, 0, 1).To4(), "Port": 1,
			"Incarnation": 1, "Meta": meta, "Vsn": []byte{1, 5, 2, 0, 0, 0}})
	}
	// One list, so that the test does not depend on packets that the kernel drops.
	list := func(from, n int) []byte {
		b := pack(kindPushPull, map[string]any{"Nodes": n, "UserStateLen": 0, "Join": true})
		for i := range n {
			b = append(b, invent(fmt.Sprintf("invented-%d", from+i))[1:]...)
		}
		return b
	}
	exchange := func(b []byte) {
		c, err := net.DialTimeout("tcp", g.Address(), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		c.Write(b)
		for buf := make([]byte, 4096); ; {
			if _, err := c.Read(buf); err != nil {
				return // the node has merged the list when it closes the stream
			}
		}
	}
	for i := range 8 {
		exchange(list(i*500, 500))
	}
	if n := len(g.Peers()); n > maxKnown+maxGone {
		t.Errorf("%d of 4,000 invented nodes are kept", n)
	}
	if n := g.list.Load().NumMembers(); n < 2 || n > maxKnown+1 {
		t.Errorf("memberlist keeps %d of 4,000 invented nodes", n)
	}
	bad := invent("-x")
	for _, b := range [][]byte{bad, pack(kindAlive, map[string]any{"Node": "y", "Vsn": []byte{1, 9, 9, 0, 0, 0}}), claims4GiB} {
		sendPacket(t, g.Address(), b)
	}
}

// FuzzGossip gives memberlist what passed the check, as the node does. A panic in one of
// memberlist's goroutines ends the process, which the fuzzer detects.
func FuzzGossip(f *testing.F) {
	g, err := Open(Config{Self: Peer{ID: "a", RaftAddress: "a:1"}, Listen: "127.0.0.1:0"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { g.Close() })
	for _, b := range garbage() {
		if len(b) < 512 {
			f.Add(b)
		}
	}
	ping := pack(kindPing, map[string]any{"SeqNo": 1, "Node": "a"})
	f.Add(ping)
	f.Add(deflate(compound(ping, claims4GiB)))
	f.Add(pack(kindAlive, map[string]any{"Node": "b", "Addr": []byte{127, 0, 0, 1}, "Port": 9, "Incarnation": 3, "Meta": []byte("{}"), "Vsn": []byte{1, 5, 2, 0, 0, 0}}))
	f.Add(append(pack(kindPushPull, map[string]any{"Nodes": 1}), pack(0, map[string]any{"Name": "b", "State": 2})[1:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		sendPacket(t, g.Address(), b[:min(len(b), 60_000)])
		sendStream(t, g.Address(), b)
		if n := len(g.Peers()); n > maxKnown+maxGone {
			t.Fatalf("%d nodes are kept", n)
		}
	})
}

// FuzzGossipMeta decodes a node's metadata.
func FuzzGossipMeta(f *testing.F) {
	f.Add("b", []byte(`{"r":"a:1","h":"b:2","c":"x","x":true}`))
	f.Add("", []byte(`{"r":1}`))
	g := &Gossip{cfg: Config{Self: Peer{ID: "a"}}, alive: map[string]Peer{}, gone: map[string]Peer{}, changed: make(chan struct{}, 1), known: known{ids: map[string]time.Time{}}}
	f.Fuzz(func(t *testing.T, id string, meta []byte) {
		n := nodeOf(id, meta)
		if (*door)(g).NotifyAlive(n) != nil {
			return
		}
		if !nodeid.Valid(id) {
			t.Fatalf("%q came in", id)
		}
		(*events)(g).NotifyJoin(n)
		(*events)(g).NotifyLeave(n)
		if len(g.Peers()) > maxKnown+maxGone {
			t.Fatal("too many")
		}
	})
}

func nodeOf(id string, meta []byte) *memberlist.Node {
	return &memberlist.Node{Name: id, Meta: meta, PMin: 1, PMax: 5, PCur: 2}
}
