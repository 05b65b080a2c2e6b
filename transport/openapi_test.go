package transport_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/transport"
)

// TestOpenAPI: every route of the contract is described, and nothing else.
func TestOpenAPI(t *testing.T) {
	var got []string
	for _, r := range description().routes {
		got = append(got, r.method+" "+r.path)
	}
	slices.Sort(got)
	want := []string{
		"DELETE /v1/auth/tokens/{name}", "DELETE /v1/backtests/{id}", "DELETE /v1/batches/{id}", "DELETE /v1/canaries/{type}", "DELETE /v1/cluster/join-tokens/{id}", "DELETE /v1/moves/{id}", "DELETE /v1/namespaces/{name}", "DELETE /v1/policy/keys/{name}", "DELETE /v1/policy/rules", "DELETE /v1/retention", "DELETE /v1/retention/{type}", "DELETE /v1/routes/{type}", "DELETE /v1/schedules/{id}", "DELETE /v1/stops", "DELETE /v1/versions/{type}/{version}", "DELETE /v1/versions/{type}/{version}/unload",
		"GET /", "GET /health/live", "GET /health/ready", "GET /metrics", "GET /openapi.json", "GET /v1/audit", "GET /v1/auth/self", "GET /v1/auth/tokens", "GET /v1/backtests/{id}", "GET /v1/backup", "GET /v1/batches", "GET /v1/batches/{id}", "GET /v1/canaries", "GET /v1/canaries/{type}", "GET /v1/cluster", "GET /v1/cluster/join-tokens", "GET /v1/counts", "GET /v1/deploys", "GET /v1/events",
		"GET /v1/jobs", "GET /v1/moves/{id}", "GET /v1/namespaces", "GET /v1/namespaces/{name}", "GET /v1/policy", "GET /v1/queues", "GET /v1/queues/{queue}", "GET /v1/quotas", "GET /v1/retention", "GET /v1/retention/versions", "GET /v1/schedules", "GET /v1/schedules/{id}", "GET /v1/stops", "GET /v1/versions", "GET /v1/versions/{type}/{version}", "GET /v1/versions/{type}/{version}/archive", "GET /v1/versions/{type}/{version}/modules/{name}", "GET /v1/versions/{type}/{version}/pins",
		"GET /v1/workflows", "GET /v1/workflows/{id}", "GET /v1/workflows/{id}/history", "GET /v1/workflows/{id}/logs", "GET /v1/workflows/{id}/result", "GET /v1/workflows/{id}/turns",
		"GET /v1/workflows/{id}/updates/{update}",
		"POST /v1/auth/bootstrap", "POST /v1/auth/tokens", "POST /v1/backtests", "POST /v1/backup/kept", "POST /v1/batches", "POST /v1/canaries/{type}/promote", "POST /v1/cluster/clock", "POST /v1/cluster/demote", "POST /v1/cluster/drain", "POST /v1/cluster/join-tokens", "POST /v1/cluster/promote", "POST /v1/cluster/remove", "POST /v1/cluster/replace", "POST /v1/cluster/restore", "POST /v1/cluster/transfer", "POST /v1/cluster/undrain", "POST /v1/deployments", "POST /v1/moves", "POST /v1/namespaces", "POST /v1/packages", "POST /v1/queues/{queue}/poll", "POST /v1/routes/{type}/rollback",
		"POST /v1/schedules", "POST /v1/schedules/{id}/backfill", "POST /v1/schedules/{id}/pause", "POST /v1/schedules/{id}/resume", "POST /v1/schedules/{id}/trigger",
		"POST /v1/stops", "POST /v1/tasks/complete", "POST /v1/tasks/fail", "POST /v1/tasks/heartbeat", "POST /v1/tasks/release", "POST /v1/tasks/later",
		"POST /v1/runs/{run}/activities/{activity}/complete", "POST /v1/runs/{run}/activities/{activity}/fail", "POST /v1/runs/{run}/activities/{activity}/heartbeat",
		"POST /v1/workflows", "POST /v1/workflows/{id}/cancel", "POST /v1/workflows/{id}/fork", "POST /v1/workflows/{id}/pause", "POST /v1/workflows/{id}/queries/{name}", "POST /v1/workflows/{id}/reopen", "POST /v1/workflows/{id}/reset",
		"POST /v1/workflows/{id}/resume", "POST /v1/workflows/{id}/signals/{name}", "POST /v1/workflows/{id}/terminate", "POST /v1/workflows/{id}/updates/{name}", "POST /v1/workflows:batch",
		"PUT /v1/archives", "PUT /v1/canaries/{type}", "PUT /v1/namespaces/{name}", "PUT /v1/policy/keys/{name}", "PUT /v1/policy/rules", "PUT /v1/queues/{queue}", "PUT /v1/quotas", "PUT /v1/quotas/{type}", "PUT /v1/retention", "PUT /v1/retention/versions", "PUT /v1/retention/{type}", "PUT /v1/routes/{type}", "PUT /v1/schedules/{id}",
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("routes\n%q, want\n%q", got, want)
	}
}

// TestOpenAPIBodies: a body is described as required exactly if the API refuses a call without one.
func TestOpenAPIBodies(t *testing.T) {
	h := listen(t, &refuser{}, &throne{}, "n1").lead()
	h.odd = true // accepted calls panic
	for _, r := range description().routes {
		body, _ := r.operation["requestBody"].(map[string]any)
		if body == nil {
			continue
		}
		required, _ := body["required"].(bool)
		path := strings.NewReplacer("{type}", "order", "{id}", "w", "{queue}", "q", "{name}", "n", "{run}", "0190b2c4-7d52-7000-8000-000000000007", "{activity}", "1").Replace(r.path)
		answer := h.send(t, r.method, path, "")
		refused := answer.status == http.StatusBadRequest
		if refused != required {
			t.Errorf("%s %s without a body: %d %s; /openapi.json says required: %v", r.method, r.path, answer.status, answer.body, required)
		}
	}
}

// TestOpenAPIExamples: examples match the shapes that they illustrate.
func TestOpenAPIExamples(t *testing.T) {
	d := description()
	examples := d.examples()
	for place, example := range examples {
		if err := d.check(place, example); err != nil {
			t.Errorf("the example at %s: %v", place, err)
		}
	}
	if len(examples) < 30 {
		t.Errorf("only %d examples", len(examples))
	}
}

func TestOpenAPIVersion(t *testing.T) {
	if info := description().document["info"].(map[string]any); info["version"] != transport.APIVersion || info["x-aion-release"] != "test" {
		t.Errorf("%v", info)
	}
}
