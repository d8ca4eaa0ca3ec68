package rediscache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// scan returns what a store yields: the values of entries, by key, and the
// keys of those that can't be read.
func scan(s *rediscache.Store) (values map[cache.Key]string, unreadable []cache.Key, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	values = make(map[cache.Key]string)
	for r, err := range s.Scan(ctx, cache.Key{}) {
		switch {
		case errors.Is(err, cache.ErrUnreadable):
			unreadable = append(unreadable, r.Key)
		case err != nil:
			return values, unreadable, err
		default:
			values[r.Key] = string(r.Value)
		}
	}
	return values, unreadable, nil
}

func TestScan(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL(), Prefix: `a*?[b-z]`})
	other := open(t, rediscache.Options{URL: server.URL(), Prefix: "another"})
	put(t, other, record(5000))
	all := records(1500)
	all[1].Meta.Tenant = "another tenant"
	put(t, s, all...)
	server.Do(t, "SET", `a*?[b-z]:e:`+all[7].Key.String(), "damaged")
	server.Do(t, "SET", `a*?[b-z]:e:not-an-id`, "foreign")
	values, unreadable, err := scan(s)
	if err != nil || len(values) != len(all)-1 || len(unreadable) != 1 || unreadable[0] != all[7].Key {
		t.Fatalf("%d entries, unreadable %v, %v", len(values), unreadable, err)
	}
	for i, r := range all {
		if i != 7 && values[r.Key] != string(r.Value) {
			t.Errorf("entry %d: value %q", i, values[r.Key])
		}
	}
	n := 0
	for range s.Scan(t.Context(), cache.Key{}) {
		if n++; n == 40 {
			break
		}
	}

	server.Kill(t)
	if _, _, err := scan(s); err == nil {
		t.Error("a server that is down: no error")
	}
}
