// The way of a question through the cache, on each combination of stores.

package clustertest

import (
	"net/http"
	"testing"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestOnRedis(t *testing.T) {
	t.Parallel()
	endToEnd(t, backends{redis: redistest.Start(t).URL()}, t.TempDir(), "")
}

func TestOnQdrant(t *testing.T) {
	t.Parallel()
	endToEnd(t, backends{qdrant: startQdrant(t).Addr()}, t.TempDir(), "")
}

// With both, a restart may find an empty data folder: nothing of worth was in
// the old one.
func TestOnRedisAndQdrant(t *testing.T) {
	t.Parallel()
	endToEnd(t, backends{redistest.Start(t).URL(), startQdrant(t).Addr()}, t.TempDir(), t.TempDir())
}

func TestOnARedisCluster(t *testing.T) {
	t.Parallel()
	endToEnd(t, backends{redis: redistest.StartCluster(t, 0).URL()}, t.TempDir(), "")
}

// endToEnd asks, asks again, and restarts. After the restart the service uses
// the folder later, if that is not empty.
func endToEnd(t *testing.T, on backends, folder, later string) {
	t.Helper()
	if later == "" {
		later = folder
	}
	upstream := startProvider(t, "0s")
	service := startReplica(t, upstream, on, folder, unhurried)
	first := passThrough(t, service, upstream)
	overREST(t, service)
	service.stop()

	service = startReplica(t, upstream, on, later, unhurried)
	keepsAll(t, service, upstream, first)
	service.stop()
}

const (
	known    = "How do I reset my password?"
	reworded = "How can I reset my password?"
)

// passThrough goes from a miss over an exact hit and a semantic one to a
// replayed stream. It returns the provider's answer.
func passThrough(t *testing.T, service *replica, upstream *provider) answer {
	t.Helper()
	first := service.chat(known, false)
	if first.layer() != "none" {
		t.Errorf("first: receipt %q", first.header.Get("Askonce-Receipt"))
	}
	if again := service.chat(known, false); again.layer() != "exact" || again.body != first.body {
		t.Errorf("repeat: receipt %q, body equal: %t", again.header.Get("Askonce-Receipt"), again.body == first.body)
	}
	if other := service.whenCached(reworded); other.layer() != "semantic" || other.body != first.body {
		t.Errorf("rewording: receipt %q", other.header.Get("Askonce-Receipt"))
	}
	if stream := service.chat(known, true); stream.layer() != "exact" || stream.text(t) != first.text(t) {
		t.Errorf("replay: receipt %q, stream %q", stream.header.Get("Askonce-Receipt"), stream.body)
	}
	if n := upstream.calls(); n != 1 {
		t.Errorf("the provider was asked %d times, once was needed", n)
	}
	return first
}

// overREST stores, looks up and invalidates.
func overREST(t *testing.T, service *replica) {
	t.Helper()
	const prompt = "What are your opening hours?"
	var stored struct{ ID, Semantic string }
	service.rest("POST", "/v1/cache/store",
		map[string]any{"prompt": prompt, "response": "Nine to five.", "tags": []string{"hours"}}, http.StatusCreated, &stored)
	if stored.Semantic != "stored" {
		t.Errorf("stored: %+v", stored)
	}
	service.rest("POST", "/v1/cache/store", map[string]any{"prompt": "Do you ship abroad?", "response": "We do."}, http.StatusCreated, nil)
	for asked, layer := range map[string]string{prompt: "exact", "What are your opening hours": "semantic"} {
		if found := lookUp(service.caller, asked); !found.Hit || found.Layer != layer || found.Entry.Response != "Nine to five." {
			t.Errorf("lookup of %q: %+v", asked, found)
		}
	}
	var gone struct{ Deleted int }
	service.rest("POST", "/v1/cache/invalidate", map[string]any{"tags": []string{"hours"}}, http.StatusOK, &gone)
	if gone.Deleted != 1 || lookUp(service.caller, prompt).Hit {
		t.Errorf("invalidate: %+v; found again: %t", gone, lookUp(service.caller, prompt).Hit)
	}
	service.rest("GET", "/v1/cache/entries/"+stored.ID, nil, http.StatusNotFound, nil)
}

// found is the answer to a lookup.
type found struct {
	Hit   bool
	Layer string
	Entry struct{ ID, Response string }
}

func lookUp(c *caller, prompt string) found {
	c.t.Helper()
	var f found
	c.rest("POST", "/v1/cache/lookup", map[string]any{"prompt": prompt}, http.StatusOK, &f)
	return f
}

// keepsAll finds what was stored before, and not what was invalidated.
func keepsAll(t *testing.T, service *replica, upstream *provider, first answer) {
	t.Helper()
	if a := service.chat(known, false); a.layer() != "exact" || a.body != first.body {
		t.Errorf("after a restart: receipt %q", a.header.Get("Askonce-Receipt"))
	}
	if a := service.whenCached(reworded); a.layer() != "semantic" || a.body != first.body {
		t.Errorf("a rewording after a restart: receipt %q", a.header.Get("Askonce-Receipt"))
	}
	if !lookUp(service.caller, "Do you ship abroad?").Hit || lookUp(service.caller, "What are your opening hours?").Hit {
		t.Error("after a restart: not what was stored and invalidated before")
	}
	if n := upstream.calls(); n != 1 {
		t.Errorf("the provider was asked %d times, once was needed", n)
	}
}
