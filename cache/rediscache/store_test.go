package rediscache_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func port(n int) string { return strconv.Itoa(n) }

// commands returns how often the server ran each command since the last time.
func commands(t *testing.T, server *redistest.Server) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for line := range strings.SplitSeq(server.Do(t, "info", "commandstats").(string), "\r\n") {
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":calls=")
		if !ok {
			continue
		}
		calls, _, _ := strings.Cut(rest, ",")
		counts[name], _ = strconv.Atoi(calls)
	}
	server.Do(t, "config", "resetstat")
	delete(counts, "config|resetstat")
	delete(counts, "info")
	return counts
}

func TestAnExactHitIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL()})
	put(t, s, record(1))
	commands(t, server)
	for range 10 {
		if _, err := s.Get(context.Background(), cachetest.Key(1)); err != nil {
			t.Fatal(err)
		}
	}
	if got := commands(t, server); len(got) != 1 || got["get"] != 10 {
		t.Errorf("ten hits ran %v, want ten GET and nothing else", got)
	}
}

// members counts what is in the index sets.
func members(t *testing.T, server *redistest.Server) int {
	t.Helper()
	total := 0
	for _, key := range server.Do(t, "keys", "askonce:i:*").([]any) {
		if !strings.HasSuffix(key.(string), ":due") {
			total += int(server.Do(t, "zcard", key).(int64))
		}
	}
	return total
}

func TestTheIndexHoldsWhatIsThere(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL()})
	const sets = 4 // tenant, namespace, model, one tag
	put(t, s, records(10)...)
	if got := members(t, server); got != 10*sets {
		t.Errorf("10 entries have %d index members, want %d", got, 10*sets)
	}
	for range 5 {
		put(t, s, records(10)...) // replaced, not added
	}
	if got := members(t, server); got != 10*sets {
		t.Errorf("10 entries put again and again have %d index members, want %d", got, 10*sets)
	}
	remove(t, s, cachetest.Key(1), cachetest.Key(2))
	if got := members(t, server); got != 8*sets {
		t.Errorf("8 entries have %d index members, want %d", got, 8*sets)
	}
	moved := record(3)
	moved.Meta.Tenant, moved.Meta.Tags = "other", nil
	put(t, s, moved)
	if got := members(t, server); got != 8*sets-1 {
		t.Errorf("an entry that lost its tag leaves %d index members, want %d", got, 8*sets-1)
	}
}

func TestSweepingRemovesWhatExpired(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	url := server.URL()
	one := open(t, rediscache.Options{URL: url, SweepEvery: 50 * time.Millisecond})
	open(t, rediscache.Options{URL: url, SweepEvery: 50 * time.Millisecond})
	soon := make([]cache.Record, 1200)
	for n := range soon {
		soon[n] = record(n)
		soon[n].Meta.Tags = []string{fmt.Sprintf("tag %d", n%150)}
		soon[n].Meta.Tenant = fmt.Sprintf("tenant %d", n%3)
		soon[n].Meta.Expires = time.Now().Add(500 * time.Millisecond)
	}
	put(t, one, soon...)
	put(t, one, record(5000))
	redistest.Eventually(t, "only the living entry's members are left", func() bool { return members(t, server) == 4 })
	redistest.Eventually(t, "only the living entry's tenant is due", func() bool {
		return server.Do(t, "zcard", "askonce:due").(int64) == 1
	})
	if n := count(t, one, cache.Selector{Tenant: "acme"}); n != 1 {
		t.Errorf("Select yields %d entries, want 1", n)
	}
}

func TestEvictedEntriesAreMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory", "6mb", "--maxmemory-policy", "volatile-lfu")
	s := open(t, rediscache.Options{URL: server.URL()})
	value := bytes.Repeat([]byte("x"), 10_000)
	const total = 1000
	for n := range total {
		r := record(n)
		r.Value = value
		put(t, s, r)
	}
	server.Do(t, "config", "set", "maxmemory", "0") // reading takes memory, too
	there := 0
	for n := range total {
		if _, err := s.Get(context.Background(), cachetest.Key(n)); err == nil {
			there++
		}
	}
	if there == 0 || there == total {
		t.Fatalf("%d of %d entries are there, want some to be evicted", there, total)
	}
	if got := count(t, s, cache.Selector{Tenant: "acme", Tags: []string{"v1"}}); got != there {
		t.Errorf("Select yields %d entries, but %d can be read", got, there)
	}
}

func TestReplicasShareTheSecret(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	const replicas = 8
	secrets := make([][]byte, replicas)
	var group sync.WaitGroup
	for n := range replicas {
		s := open(t, rediscache.Options{URL: url})
		group.Go(func() {
			secret, err := s.Secret(context.Background())
			if err != nil {
				t.Errorf("Secret: %v", err)
			}
			secrets[n] = secret
		})
	}
	group.Wait()
	for _, secret := range secrets {
		if len(secret) != 32 || !bytes.Equal(secret, secrets[0]) {
			t.Fatalf("replicas have the secrets %x", secrets)
		}
	}
	stranger, err := open(t, rediscache.Options{URL: url, Prefix: "elsewhere"}).Secret(context.Background())
	if err != nil || bytes.Equal(stranger, secrets[0]) {
		t.Errorf("another prefix has the secret %x, %v", stranger, err)
	}
}

func TestAPolicyThatEvictsTheIndexIsWarnedOf(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]bool{"allkeys-lru": true, "volatile-lfu": false} {
		var log syncBuffer
		server := redistest.Start(t, "--maxmemory", "50mb", "--maxmemory-policy", policy)
		open(t, rediscache.Options{URL: server.URL(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if got := strings.Contains(log.String(), "volatile-lfu"); got != want {
			t.Errorf("%s: warned is %v, want %v: %s", policy, got, want, log.String())
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	options := rediscache.Options{URL: redistest.Start(t).URL(), Registerer: registry}
	s := open(t, options)
	put(t, s, record(1))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64) // summed over the labels
	for _, f := range families {
		for _, m := range f.GetMetric() {
			values[f.GetName()] += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	if len(values) != 4 || values["askonce_redis_connections"] < 1 || values["askonce_redis_connection_takes_total"] < 3 {
		t.Errorf("metrics %v, want 4 with the connection and its uses", values)
	}
	if _, err := rediscache.Open(context.Background(), options); err == nil {
		t.Error("the same metrics can be registered twice")
	}
}
