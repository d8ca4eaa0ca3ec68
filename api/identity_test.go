package api_test

import (
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
)

func TestWithoutKeysEveryCredentialIsATenantOfItsOwn(t *testing.T) {
	w := newWorld(t, plan{})
	ask := question("Whose is this?")
	for _, credential := range []string{"Bearer sk-alice", "Bearer sk-bob", ""} {
		headers := []string{"X-Note", "n"}
		if credential != "" {
			headers = append(headers, "Authorization", credential)
		}
		w.chat(ask, headers...).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
		if got := w.provider.last(t).header.Get("Authorization"); got != credential {
			t.Errorf("the provider got %q, the caller sent %q", got, credential)
		}
		w.chat(ask, headers...).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	}
	w.chat(ask, "Authorization", "bearer sk-alice").wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	w.chat(ask, "Api-Key", "sk-alice").wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
}

func TestEntriesOfOthersAreNotThere(t *testing.T) {
	w := newWorld(t, plan{})
	id := w.chat(question("A secret?"), "Authorization", "Bearer sk-alice").wants(t, 200).header.Get("Askonce-Entry")
	w.send("GET", "/v1/cache/entries/"+id, "", "Authorization", "Bearer sk-bob").wants(t, 404)
	w.send("DELETE", "/v1/cache/entries/"+id, "", "Authorization", "Bearer sk-bob").wants(t, 404)
	w.post("/v1/cache/invalidate", `{"all":true}`, "Authorization", "Bearer sk-bob").wants(t, 200)
	w.send("GET", "/v1/cache/entries/"+id, "", "Authorization", "Bearer sk-alice").wants(t, 200)
}

func TestOtherHeadersOfAProvidersKey(t *testing.T) {
	t.Run("pass in their own header", func(t *testing.T) {
		w := newWorld(t, plan{})
		w.chat(question("x"), "X-Api-Key", "sk-ant").wants(t, 200)
		if got := w.provider.last(t).header; got.Get("X-Api-Key") != "sk-ant" || got.Get("Authorization") != "" {
			t.Errorf("the provider got %v", got)
		}
	})
	t.Run("but never beside the service's key", func(t *testing.T) {
		w := newWorld(t, plan{upstreamKey: "sk-service"})
		w.send("GET", "/v1/files", "", "Api-Key", "sk-own")
		if got := w.provider.last(t).header; got.Get("Api-Key") != "" || got.Get("Authorization") != "Bearer sk-own" {
			t.Errorf("the provider got %v", got)
		}
	})
}

func TestWithoutKeysTheServicesKeyGoesFirst(t *testing.T) {
	w := newWorld(t, plan{upstreamKey: "sk-service"})
	w.chat(question("x"), "Authorization", "Bearer unused").wants(t, 200)
	if got := w.provider.last(t).header.Get("Authorization"); got != "Bearer sk-service" {
		t.Errorf("the provider got %q", got)
	}
}

// keyed is a service with keys of two tenants.
func keyed(upstreamKey string) plan {
	return plan{upstreamKey: upstreamKey, options: func(o *api.Options) {
		o.Secret, o.Loopback = nil, false
		o.Keys = []api.Key{
			key("ask_reader", "acme", api.RoleRead), key("ask_writer", "acme", api.RoleWrite), key("ask_admin", "acme", api.RoleAdmin),
			key("ask_other", "other", api.RoleAdmin),
		}
	}}
}

func TestKeysShareATenantAndStayHere(t *testing.T) {
	w := newWorld(t, keyed("sk-service"))
	ask := question("Shared?")
	w.chat(ask, "Authorization", "Bearer ask_writer").wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
	got := w.provider.last(t)
	if got.header.Get("Authorization") != "Bearer sk-service" {
		t.Errorf("the provider got %q", got.header.Get("Authorization"))
	}
	for _, headers := range [][]string{
		{"Authorization", "Bearer ask_admin"}, {"X-Api-Key", "ask_admin"}, {"Askonce-Key", "ask_admin"},
		{"Askonce-Key", "ask_admin", "Authorization", "Bearer sk-own"},
	} {
		w.chat(ask, headers...).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	}
	w.chat(ask, "Authorization", "Bearer ask_other").wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")

	w.chat(question("Own?"), "Askonce-Key", "ask_writer", "Authorization", "Bearer sk-own").wants(t, 200)
	if got := w.provider.last(t); got.header.Get("Authorization") != "Bearer sk-own" {
		t.Errorf("the caller's own key was not used: %q", got.header.Get("Authorization"))
	}
	w.chat(question("Both?"), "Askonce-Key", "ask_writer", "Authorization", "Bearer ask_writer").wants(t, 200)
	w.provider.mu.Lock()
	defer w.provider.mu.Unlock()
	for _, call := range w.provider.received {
		for name, values := range call.header {
			if strings.Contains(strings.Join(values, " "), "ask_") || strings.HasPrefix(name, "Askonce-") {
				t.Errorf("upstream saw %s: %v", name, values)
			}
		}
	}
}

func TestRequestsWithoutAKnownKeyAreRefused(t *testing.T) {
	w := newWorld(t, keyed(""))
	for _, headers := range [][]string{
		{"X-Note", "none"}, {"Authorization", "Bearer ask_wrong"}, {"Authorization", "Bearer sk-provider"}, {"Askonce-Key", "sk-provider"},
		{"Askonce-Key", "ask_wrong", "Authorization", "Bearer ask_admin"},
	} {
		w.chat(question("x"), headers...).wants(t, 401).wantsHeader(t, "Content-Type", "application/json")
		w.post("/v1/cache/lookup", `{"prompt":"x"}`, headers...).wants(t, 401).wantsHeader(t, "Content-Type", "application/problem+json")
		w.send("GET", "/v1/models", "", headers...).wants(t, 401)
	}
	if w.provider.calls() != 0 {
		t.Error("the provider was asked")
	}
	w = newWorld(t, plan{})
	w.chat(question("x"), "Authorization", "Bearer ask_something").wants(t, 401)
}

func TestRoles(t *testing.T) {
	w := newWorld(t, keyed("sk-service"))
	id := w.post("/v1/cache/store", `{"prompt":"p","response":"r"}`, "Askonce-Key", "ask_writer").wants(t, 201).decode(t)["id"].(string)
	for _, test := range []struct {
		method, path, body    string
		reader, writer, admin int
	}{
		{"GET", "/v1/models", "", 200, 200, 200},
		{"POST", "/v1/cache/lookup", `{"prompt":"p"}`, 200, 200, 200},
		{"GET", "/v1/cache/entries/" + id, "", 200, 200, 200},
		{"POST", "/v1/chat/completions", question("x"), 403, 200, 200},
		{"POST", "/v1/cache/store", `{"prompt":"q","response":"r"}`, 403, 201, 201},
		{"POST", "/v1/files", `{}`, 403, 403, 403},
		{"POST", "/v1/cache/invalidate", `{"tags":["none"]}`, 403, 403, 200},
		{"DELETE", "/v1/cache/entries/" + id, "", 403, 403, 204},
		{"GET", "/metrics", "", 403, 403, 200},
		{"GET", "/healthz", "", 200, 200, 200},
	} {
		for who, status := range map[string]int{"ask_reader": test.reader, "ask_writer": test.writer, "ask_admin": test.admin} {
			if who == "ask_admin" && test.method == "DELETE" {
				defer func() { w.send(test.method, test.path, test.body, "Askonce-Key", who).wants(t, status) }()
				continue
			}
			if got := w.send(test.method, test.path, test.body, "Askonce-Key", who); got.status != status {
				t.Errorf("%s %s as %s: %d, want %d: %s", test.method, test.path, who, got.status, status, got.body)
			}
		}
	}
	w.send("GET", "/metrics", "").wants(t, 401)
}

func TestOptionsNameEveryProblem(t *testing.T) {
	_, err := api.New(api.Options{
		MaxBody: -1, DefaultNamespace: "a b", AllowPaths: []string{"/v1/models", "GET /v1/*/x"},
		Keys: []api.Key{{ID: "one", Role: "owner"}},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"Cache:", "Upstream:", "MaxBody:", "DefaultNamespace:", "AllowPaths[0]:", "AllowPaths[1]:", "Keys[0] (one): a tenant", "the role \"owner\"", "the hash is empty"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not named in:\n%v", part, err)
		}
	}
	if _, err := api.New(api.Options{}); err == nil || !strings.Contains(err.Error(), "Secret:") {
		t.Errorf("a missing secret is not named: %v", err)
	}
}
