// The parts of a cluster: provider, stores, replicas, round robin.

package clustertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/askonce/askonce/cache/qdrantcache/peer"
)

// unhurried gives the cache more time than its default, for tests of what is
// found: a busy machine is no reason for a miss there.
var unhurried = []string{
	"ASKONCE_CACHE_BUDGET=20s",
	"ASKONCE_CACHE_STORE_TIMEOUT=10s",
	"ASKONCE_CACHE_INDEX_TIMEOUT=10s",
	"ASKONCE_CACHE_EMBED_TIMEOUT=10s",
	"ASKONCE_LOG_FORMAT=json",
}

// provider is the simulator as a program of its own.
type provider struct {
	*program
	ask *caller
}

func startProvider(t *testing.T, latency string) *provider {
	t.Helper()
	p := start(t, nil, "simulate-provider", "--listen", "127.0.0.1:0", "--latency", latency, "--token-interval", "0s")
	return &provider{program: p, ask: newCaller(t, p.url)}
}

// calls is how often it was asked for a chat completion.
func (p *provider) calls() int {
	p.t.Helper()
	var stats struct{ Calls map[string]int }
	if err := json.Unmarshal([]byte(p.ask.send("GET", "/simulator/stats", "").body), &stats); err != nil {
		p.t.Fatal(err)
	}
	return stats.Calls["/v1/chat/completions"]
}

// startQdrant runs the peer until the test ends.
func startQdrant(t *testing.T) *peer.Peer {
	t.Helper()
	p, err := peer.Start(peer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// backends are where a service keeps what it knows; "" is its data folder.
type backends struct {
	redis  string
	qdrant string
}

func (b backends) flags() []string {
	var flags []string
	if b.redis != "" {
		flags = append(flags, "--redis", b.redis)
	}
	if b.qdrant != "" {
		flags = append(flags, "--qdrant", b.qdrant)
	}
	return flags
}

// replica is a running service and its caller.
type replica struct {
	*program
	*caller
}

// startReplica runs a service on the stores.
func startReplica(t *testing.T, upstream *provider, on backends, folder string, environ []string) *replica {
	t.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", folder, "--upstream", upstream.program.url + "/v1"}, on.flags()...)
	p := start(t, environ, args...)
	return &replica{p, newCaller(t, p.url)}
}

// startReplicas runs several services on the same stores, each with a data
// folder of its own.
func startReplicas(t *testing.T, n int, upstream *provider, on backends, environ []string) []*replica {
	t.Helper()
	var all []*replica
	for range n {
		all = append(all, startReplica(t, upstream, on, t.TempDir(), environ))
	}
	return all
}

// startBalancer hands requests to the replicas in turn, and returns a caller
// of it.
func startBalancer(t *testing.T, replicas []*replica) *caller {
	t.Helper()
	var next atomic.Uint64
	targets := make([]*url.URL, len(replicas))
	for i, r := range replicas {
		target, err := url.Parse(r.program.url)
		if err != nil {
			t.Fatal(err)
		}
		targets[i] = target
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(targets[next.Add(1)%uint64(len(targets))]) },
		FlushInterval: -1, // event by event
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	})
	t.Cleanup(server.Close)
	return newCaller(t, server.URL)
}
