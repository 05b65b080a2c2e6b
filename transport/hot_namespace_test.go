package transport_test

import (
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestHotFaceKeepsToItsNamespace: calls over a stream are of the namespace that it was opened for,
// and not of default.
func TestHotFaceKeepsToItsNamespace(t *testing.T) {
	address := serve(t, enginetest.New(t)).address
	admin := newClient(t, client.Config{Addresses: []string{address}, Patience: -1})
	if _, err := admin.CreateNamespace(t.Context(), wire.NamespaceSpec{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	here := newClient(t, client.Config{Addresses: []string{address}, Namespace: "acme", Face: client.FaceHot, Patience: -1})
	if _, err := here.Load(t.Context(), enginetest.Pack(t, waiting("0")), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "one"}); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Describe(t.Context(), wire.RunRef{WorkflowID: "one"}); err != nil {
		t.Error(err)
	}
	if _, err := admin.Describe(t.Context(), wire.RunRef{WorkflowID: "one"}); code(err) != "not_found" {
		t.Errorf("in default: %v", err)
	}
	gone := newClient(t, client.Config{Addresses: []string{address}, Namespace: "nowhere", Face: client.FaceHot, Patience: -1})
	if _, err := gone.Describe(t.Context(), wire.RunRef{WorkflowID: "one"}); code(err) != "not_found" {
		t.Errorf("in a namespace that is not there: %v", err)
	}
}
