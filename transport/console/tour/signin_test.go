package tour

import (
	"strings"
	"testing"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// A token is asked for once, tried before it is taken, and kept where its holder wants it. What it
// may not do is shown, with the grant that is missing.
func TestSignIn(t *testing.T) {
	b := browser(t)
	c := newNodes(t, "n1")
	c.cli(t, "deploy", examples+"order")
	if _, err := c.client.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "order-1", Input: []byte(`{"id":1,"amount":5}`)}); err != nil {
		t.Fatal(err)
	}
	root, err := c.client.Bootstrap(t.Context(), wire.BootstrapSpec{})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(client.Config{Addresses: c.client.Addresses(), Token: root.Secret})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	reader, err := admin.CreateToken(t.Context(), wire.TokenSpec{Name: "reader", Grants: []string{"read", "signal:type=order"}, TokenLife: wire.TokenLife{Expires: "5m"}})
	if err != nil {
		t.Fatal(err)
	}
	tb := newTab(t, b, c.client.Addresses()[0])
	tb.visit("/console/runs/order-1")
	tb.says("h1", "Sign in")
	enter := func(token string) {
		t.Helper()
		tb.fill("#token", token)
		tb.click("form button", "Sign in")
	}
	enter("wrong")
	tb.says(".problem", "token")
	enter(reader.Secret)
	tb.says("h1", "order-1") // the address was kept
	tb.says(".who", "expires in")
	tb.says("#main", "Withheld")
	if disabled := eval[string](tb, `[...document.querySelectorAll(".actions button")].filter(b => b.disabled).map(b => b.innerText + ": " + b.title).join("; ")`); !strings.Contains(disabled, "Terminate: Your token lacks the grant operate for order") || strings.Contains(disabled, "Signal") {
		t.Errorf("disabled are: %s", disabled)
	}
	if where := eval[string](tb, `location.href + JSON.stringify([sessionStorage, localStorage])`); strings.Contains(where, "aion_") {
		t.Errorf("the token stands in %s", where)
	}
	tb.visit("/console/runs") // it was in memory alone
	tb.says("h1", "Sign in")
	eval[any](tb, `document.querySelector("#keep").click()`)
	enter(root.Secret)
	tb.says("h1", "Runs")
	narrow, err := admin.CreateToken(t.Context(), wire.TokenSpec{Name: "narrow", Grants: []string{"read:type=order"}, TokenLife: wire.TokenLife{Expires: "1h"}})
	if err != nil {
		t.Fatal(err)
	}
	tb.visit("/console/tokens")
	tb.says("#main tbody", "reader")
	eval[any](tb, `[...document.querySelectorAll("#main tbody tr")].find(r => r.innerText.includes("reader")).querySelector("button:last-of-type").click()`)
	tb.sendNow("Done")
	tb.click("header button", "Sign out")
	tb.says("h1", "Sign in")
	enter(narrow.Secret)
	tb.visit("/console") // a token of one type sees that type
	tb.says("h1", "Sign in")
	enter(narrow.Secret)
	tb.says("#main", "Your token sees runs and deploys of order alone")
	tb.says("#main tbody", "order")
	if said := tb.text("#main"); strings.Contains(said, "permission_denied") {
		t.Errorf("the overview says:\n%s", said)
	}
	tb.click("nav.side a", "Runs")
	tb.says("#main tbody", "order-1")
	tb.click("header button", "Sign out")
	tb.says("h1", "Sign in")
	if eval[bool](tb, `Object.values(sessionStorage).join().includes("aion_")`) {
		t.Error("a token that was signed out is still there")
	}
	tb.clean("401", "403")
}
