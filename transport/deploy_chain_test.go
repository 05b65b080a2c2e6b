package transport_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// blocks returns the code blocks of a document in one language.
func blocks(document, language string) (list []string) {
	inside, block := "", strings.Builder{}
	for line := range strings.Lines(document) {
		fence, ok := strings.CutPrefix(line, "```")
		switch {
		case !ok:
			block.WriteString(line)
		case inside == "":
			inside = "```" + fence
			block.Reset()
		default:
			if inside == "```"+language+"\n" {
				list = append(list, block.String())
			}
			inside = ""
		}
	}
	return list
}

// TestDeployChain: the chain that callers compute from what the API answers is the one that the
// state machine has made, whatever is in the records. A history with which somebody has meddled
// does not fit.
func TestDeployChain(t *testing.T) {
	_, _, c := cluster2(t)
	ctx := t.Context()
	v1, err := c.Load(ctx, enginetest.Pack(t, enginetest.Code{"order": "def run(ctx, input):\n    return 1\n", "refund": "def run(ctx, input):\n    return 1\n"}), wire.LoadOptions{Message: "für alle\n\t" + strings.Repeat("m", 300)})
	if err != nil {
		t.Fatal(err)
	}
	v2, err := c.Load(ctx, enginetest.Pack(t, waiting("2")), wire.LoadOptions{}, client.RequestID(strings.Repeat("k", 200)))
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.Rollback(ctx, "order", wire.RouteChange{}))
	must(c.Route(ctx, "order", wire.RouteRequest{Version: v1.Version})) // changes nothing
	must(c.Unroute(ctx, "refund", wire.RouteChange{Message: "no more"}))
	must(c.Unload(ctx, "order", v2.Version, ""))
	if _, err := c.Unload(ctx, "order", v1.Version, ""); code(err) != "route_active" {
		t.Fatal(err)
	}
	check, err := c.VerifyDeploys(ctx)
	if err != nil || !check.OK || !check.First || check.Verified != 7 || check.Acts != 7 || check.Refusals != 2 || check.Head == "" {
		t.Fatalf("verified: %+v, %v", check, err)
	}

	page, err := c.Deploys(ctx, "", wire.Page{})
	if err != nil || page.Chain != check.Head {
		t.Fatalf("%+v, %v", page, err)
	}
	acts := func(h []wire.Deploy) []int {
		var places []int
		for i, d := range h {
			if d.Outcome == "ok" {
				places = append(places, i)
			}
		}
		return places
	}
	for name, spoil := range map[string]func(h []wire.Deploy, at []int) []wire.Deploy{
		"a changed actor":      func(h []wire.Deploy, at []int) []wire.Deploy { h[at[2]].Actor = "mallory"; return h },
		"a changed time":       func(h []wire.Deploy, at []int) []wire.Deploy { h[at[2]].At = h[at[2]].At.Add(1); return h },
		"a changed route":      func(h []wire.Deploy, at []int) []wire.Deploy { h[at[1]].RoutedBefore = ""; return h },
		"a dropped act":        func(h []wire.Deploy, at []int) []wire.Deploy { return slices.Delete(h, at[3], at[3]+1) },
		"the newest dropped":   func(h []wire.Deploy, at []int) []wire.Deploy { return slices.Delete(h, at[0], at[0]+1) },
		"a chain taken away":   func(h []wire.Deploy, at []int) []wire.Deploy { h[at[1]].Chain = ""; return h },
		"an act made refusal":  func(h []wire.Deploy, at []int) []wire.Deploy { h[at[1]].Outcome = "route_conflict"; return h },
		"two acts in exchange": func(h []wire.Deploy, at []int) []wire.Deploy { h[at[1]], h[at[2]] = h[at[2]], h[at[1]]; return h },
	} {
		h := spoil(slices.Clone(page.Deploys), acts(page.Deploys))
		if got := wire.CheckDeploys(h, page.Chain); got.OK || got.Why == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	places := acts(page.Deploys)
	cut := page.Deploys[:places[len(places)-2]+1] // the oldest act is gone: what is left fits, after its own oldest
	if got := wire.CheckDeploys(cut, page.Chain); !got.OK || got.First || got.Verified != 5 {
		t.Errorf("a history whose oldest is no longer kept: %+v", got)
	}
}

// TestDeployHistoryDocs: the test vector of the document is right, and its verifier accepts that
// and what a server answers, and nothing else.
func TestDeployHistoryDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/DEPLOY_HISTORY.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(b)
	vectors, bytes, verifier := blocks(document, "json"), blocks(document, ""), blocks(document, "python")
	if len(vectors) != 1 || len(bytes) != 2 || len(verifier) != 1 {
		t.Fatalf("the document has %d vectors, %d records and %d verifiers", len(vectors), len(bytes), len(verifier))
	}
	var vector wire.Deploys
	if err := json.Unmarshal([]byte(vectors[0]), &vector); err != nil {
		t.Fatal(err)
	}
	before := ""
	for i, d := range []wire.Deploy{vector.Deploys[2], vector.Deploys[0]} {
		canonical, err := d.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := hex.EncodeToString(canonical), strings.ReplaceAll(bytes[i], "\n", ""); got != want {
			t.Errorf("record %d is\n%s, the document has\n%s", i, got, want)
		}
		chain, err := d.Link(before)
		if err != nil || chain != d.Chain {
			t.Errorf("the chain of record %d is %s, the document has %s, %v", i, chain, d.Chain, err)
		}
		before = d.Chain
	}
	if check := wire.CheckDeploys(vector.Deploys, vector.Chain); !check.OK || check.Verified != 2 || !check.First {
		t.Errorf("the vector: %+v", check)
	}

	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED: there is no python3 here, so nobody ran the verifier of docs/DEPLOY_HISTORY.md")
	}
	run := func(pages ...any) (string, error) {
		var in strings.Builder
		for _, p := range pages {
			if err := json.NewEncoder(&in).Encode(p); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), python, "-c", verifier[0])
		cmd.Stdin = strings.NewReader(in.String())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(vector); err != nil || !strings.Contains(out, "it fits, up to "+vector.Chain) {
		t.Errorf("the verifier says of the vector: %s%v", out, err)
	}
	_, _, c := cluster2(t)
	for range 3 {
		for _, version := range []string{"1", "2"} {
			if _, err := c.Load(t.Context(), enginetest.Pack(t, waiting(version)), wire.LoadOptions{Message: "für alle"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, err := c.Deploys(t.Context(), "", wire.Page{Limit: 4})
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Deploys(t.Context(), "", wire.Page{Cursor: first.NextCursor})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(first, second); err != nil {
		t.Errorf("the verifier says of a server's history: %s%v", out, err)
	}
	first.Deploys[1].Message = "for all"
	if out, err := run(first, second); err == nil {
		t.Errorf("the verifier says of a history that was changed: %s", out)
	}
}
