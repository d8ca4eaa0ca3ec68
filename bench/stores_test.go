package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/bench/load"
)

func TestRedisTellsWhatItHolds(t *testing.T) {
	b := &bench{folder: t.TempDir()}
	redis, err := b.startRedis(t.Context())
	if redis == nil {
		t.Fatalf("%s: %v", needsRedis, err)
	}
	t.Cleanup(func() {
		if err := redis.stop(); err != nil {
			t.Error(err)
		}
	})
	read := func() error {
		_, err := redisDo(t.Context(), redis.addr, "get", "key")
		return err
	}
	if err := read(); err == nil {
		t.Error("a key that is not there was read")
	}
	if _, err := redisDo(t.Context(), redis.addr, "set", "key", "value"); err != nil {
		t.Fatal(err)
	}
	if err := readsRedis(t.Context(), redis, read); err != nil {
		t.Error(err)
	}
	if err := readsRedis(t.Context(), redis, func() error { return nil }); err == nil {
		t.Error("hits that never read Redis were taken for its own")
	}
	before, err := redisMemory(t.Context(), redis.addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := storeOnRedis(t.Context(), redis.addr, 0, 100); err != nil {
		t.Fatal(err)
	}
	after, err := redisMemory(t.Context(), redis.addr)
	if err != nil || after[0]-before[0] < 100*documentBytes/4 {
		t.Errorf("memory grew from %v to %v, %v", before, after, err)
	}
}

func TestPlacesSayWhatIsMissing(t *testing.T) {
	redis := &process{addr: "127.0.0.1:1"}
	qdrant := &qdrantServer{addr: "127.0.0.1:2", collection: "bench"}
	for _, test := range []struct {
		redis   *process
		qdrant  *qdrantServer
		missing string
	}{
		{redis, qdrant, ""},
		{redis, nil, "store_redis_qdrant_ms_p50"},
		{nil, qdrant, "store_redis_ms_p50 store_redis_qdrant_ms_p50"},
		{nil, nil, "store_redis_ms_p50 store_redis_qdrant_ms_p50"},
	} {
		var missing []string
		for _, p := range places(test.redis, test.qdrant, "no Python") {
			if p.why != "" {
				missing = append(missing, p.field)
			}
		}
		if got := strings.Join(missing, " "); got != test.missing {
			t.Errorf("redis %v, qdrant %v: missing %q, want %q", test.redis, test.qdrant, got, test.missing)
		}
	}
}

func TestStoresMustKeepThePoint(t *testing.T) {
	for _, test := range []struct {
		status   int
		body     string
		mentions string
	}{
		{http.StatusCreated, `{"id":"x","semantic":"stored"}`, ""},
		{http.StatusCreated, `{"id":"x","semantic":"skipped","reason":"index_unavailable"}`, "index_unavailable"},
		{http.StatusServiceUnavailable, `{"error":{}}`, "503"},
	} {
		err := isStored(load.Response{Status: test.status, Body: []byte(test.body)})
		if (err == nil) != (test.mentions == "") || err != nil && !strings.Contains(err.Error(), test.mentions) {
			t.Errorf("%s: %v", test.body, err)
		}
	}
}

func TestPointSizeAddsUpTheShardsOfTheCollection(t *testing.T) {
	var told telemetry
	err := json.Unmarshal([]byte(`{"result":{"collections":{"number_of_collections":2,"collections":[
		{"id":"other","shards":[{"id":0,"local":{"vectors_size_bytes":9,"payloads_size_bytes":9,"num_points":1}}]},
		{"id":"ours","shards":[
			{"id":0,"local":{"vectors_size_bytes":3000,"payloads_size_bytes":1000,"num_points":2}},
			{"id":1,"local":null,"remote":[]},
			{"id":2,"local":{"vectors_size_bytes":1500,"payloads_size_bytes":500,"num_points":1}}]}]}}}`), &told)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := told.pointBytes("ours"); err != nil || got != 2000 {
		t.Errorf("%v bytes, %v; want 2000", got, err)
	}
	if got, err := told.pointBytes("none"); err == nil {
		t.Errorf("a collection that is not there has points of %v bytes", got)
	}
}
