// Faults of Redis and of Qdrant.

package clustertest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestFaultsOfRedis(t *testing.T) {
	t.Parallel()
	server, other := redistest.Start(t), redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	service := startReplica(t, startProvider(t, "0s"), backends{redis: proxy.URL()}, t.TempDir(), hurried)
	v := &victim{replica: service, dependency: "store"}
	set := func(name, value string) func() {
		return func() { server.Do(t, "config", "set", name, value) }
	}
	v.runFaults(append(throughProxy(proxy),
		fault{name: "is gone", begin: func() { server.Kill(t) }, end: func() { server.Restart(t) }, wipes: true},
		fault{name: "is read-only", wipes: true,
			begin: func() { server.Do(t, "replicaof", "127.0.0.1", other.Port) },
			end:   func() { server.Do(t, "replicaof", "no", "one") }},
		fault{name: "has too few replicas to write", writes: true,
			begin: set("min-replicas-to-write", "1"), end: set("min-replicas-to-write", "0")},
		fault{name: "is out of memory", writes: true, begin: set("maxmemory", "1mb"), end: set("maxmemory", "0")},
	))
}

func TestFaultsOfQdrant(t *testing.T) {
	t.Parallel()
	server := startQdrant(t)
	proxy := redistest.StartProxy(t, server.Addr())
	on := backends{redis: redistest.Start(t).URL(), qdrant: strings.TrimPrefix(proxy.URL(), "redis://")}
	service := startReplica(t, startProvider(t, "0s"), on, t.TempDir(), hurried)
	v := &victim{replica: service, dependency: "index"}
	v.runFaults(append(throughProxy(proxy),
		fault{name: "is gone", begin: server.Kill, end: func() {
			if err := server.Restart(); err != nil {
				t.Error(err)
			}
		}},
	))
}

// Without Qdrant identical questions are still hits. Without Redis nothing is,
// and no vector is thrown away because its answer can't be read.
func TestEachLayerAlone(t *testing.T) {
	t.Parallel()
	qdrant, redis := startQdrant(t), redistest.Start(t)
	toRedis, toQdrant := redistest.StartProxy(t, redis.Addr()), redistest.StartProxy(t, qdrant.Addr())
	on := backends{redis: toRedis.URL(), qdrant: strings.TrimPrefix(toQdrant.URL(), "redis://")}
	service := startReplica(t, startProvider(t, "0s"), on, t.TempDir(), hurried)
	const prompt, similar = "What are your opening hours?", "What are your opening hours"
	var stored struct{ Semantic string }
	service.rest("POST", "/v1/cache/store", map[string]any{"prompt": prompt, "response": "Nine to five."}, http.StatusCreated, &stored)
	if stored.Semantic != "stored" || lookUp(service.caller, similar).Layer != "semantic" {
		t.Fatalf("with both stores: %+v", stored)
	}

	toQdrant.Set(redistest.Reset)
	if lookUp(service.caller, similar).Hit || lookUp(service.caller, prompt).Layer != "exact" {
		t.Error("without Qdrant: not the exact layer alone")
	}
	toQdrant.Set(redistest.None)
	within(t, patience, "Qdrant is found again", func() bool { return lookUp(service.caller, similar).Layer == "semantic" })

	toRedis.Set(redistest.Reset)
	within(t, patience, "the service says that it is degraded", func() bool {
		if lookUp(service.caller, similar).Hit {
			t.Fatal("a hit without Redis, which has the answers")
		}
		return service.ready() == "degraded"
	})
	toRedis.Set(redistest.None)
	within(t, patience, "Redis is found again", func() bool { return lookUp(service.caller, similar).Layer == "semantic" })
}

// A service starts without its stores, and finds them when they come.
func TestStartWithoutStores(t *testing.T) {
	t.Parallel()
	redis, qdrant := redistest.Start(t), startQdrant(t)
	redis.Kill(t)
	qdrant.Kill()
	service := startReplica(t, startProvider(t, "0s"), backends{redis.URL(), qdrant.Addr()}, t.TempDir(), hurried)
	within(t, patience, "the service says that it is degraded", func() bool {
		service.chat(known, false)
		return service.ready() == "degraded"
	})
	redis.Restart(t)
	if err := qdrant.Restart(); err != nil {
		t.Fatal(err)
	}
	within(t, patience, "a rewording is found", func() bool {
		service.chat(known, false)
		return service.cached(reworded).layer() == "semantic"
	})
	within(t, patience, "the service has recovered", func() bool {
		service.chat(known, false)
		return service.ready() == "ready"
	})
}

// The primary dies, and a replica of Redis takes over.
func TestFailoverUnderSentinel(t *testing.T) {
	t.Parallel()
	redis := redistest.StartSentinel(t)
	service := startReplica(t, startProvider(t, "0s"), backends{redis: redis.URL()}, t.TempDir(), hurried)
	v := &victim{replica: service, dependency: "store"}
	v.stores(t, known)
	redistest.Eventually(t, "the replica of Redis has the answer", func() bool {
		return len(redis.Replica.Do(t, "keys", "askonce:e:*").([]any)) == 1
	})
	redis.Primary.Kill(t)
	within(t, patience, "the answer is found at the new primary", func() bool {
		v.inTime(t)
		return service.cached(known).status == http.StatusOK
	})
	within(t, patience, "the service has recovered", func() bool {
		v.inTime(t)
		return service.ready() == "ready"
	})
	v.stores(t, v.fresh())
}
