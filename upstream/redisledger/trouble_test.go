// Several replicas, and a server that is killed, forgets, or hangs.

package redisledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/redisledger"
)

// client is one as a replica has it: it does not wait for a server that is gone.
func client(t *testing.T, addr string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{
		Addr: addr, Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: time.Second, ContextTimeoutEnabled: true, PipelinePoolSize: -1,
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// replicas are n ledgers that have seen each other.
func replicas(t *testing.T, server *redistest.Server, n int, rules pace.Rules) []*redisledger.Ledger {
	t.Helper()
	list := make([]*redisledger.Ledger, n)
	for i := range list {
		list[i] = open(t, server, redisledger.Options{Client: client(t, server.Addr()), Rules: rules, Timeout: 2 * time.Second})
	}
	for i, l := range list {
		redistest.Eventually(t, fmt.Sprintf("replica %d sees all", i), func() bool { return l.Replicas() == n })
	}
	return list
}

func tokens(n int64) limit.Ask {
	return limit.Ask{Want: limit.Amounts{limit.TotalTokens: n, limit.Calls: 1}}
}

// take takes n tokens, and reports whether they were granted.
func take(t *testing.T, l *redisledger.Ledger, n int64) (limit.Grant, bool) {
	t.Helper()
	grant, v, err := l.Take(t.Context(), "a", tokens(n))
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return grant, v.OK
}

// all takes single tokens on every replica until each refuses, and returns how
// many there were.
func all(t *testing.T, list []*redisledger.Ledger) (sum int64) {
	t.Helper()
	for _, l := range list {
		for n := int64(64); n > 0; n /= 2 {
			for {
				if _, ok := take(t, l, n); !ok {
					break
				}
				sum += n
			}
		}
	}
	return sum
}

// look lets every replica see how things stand, as it does every second.
func look(t *testing.T, list []*redisledger.Ledger) {
	t.Helper()
	for _, l := range list {
		if _, err := l.Standings(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
}

// afterGathering is all, once the replicas have told what they know.
func afterGathering(t *testing.T, list []*redisledger.Ledger) int64 {
	t.Helper()
	v, err := list[0].Project(t.Context(), "a", limit.Amounts{}, tokens(1))
	if err != nil || v.OK {
		t.Fatalf("granted at once after a loss: %+v, %v", v, err)
	}
	look(t, list)
	if v.Axis == "" {
		redistest.Eventually(t, "all have told", func() bool { return time.Now().After(v.At.Time()) })
	}
	return all(t, list)
}

func TestReplicasShareOneLimit(t *testing.T) {
	server := redistest.Start(t)
	list := replicas(t, server, 3, perMinute(1_000))
	if got := all(t, list); got != 1_000 {
		t.Errorf("three replicas took %d of 1,000", got)
	}
}

func TestAKilledServerCostsNoErrorAndNoLimit(t *testing.T) {
	server := redistest.Start(t)
	list := replicas(t, server, 3, perMinute(900))
	for range 3 {
		for _, l := range list {
			take(t, l, 40)
		}
	}
	look(t, list)
	server.Kill(t)
	used := int64(360) + all(t, list)
	if used > 900 || used < 850 {
		t.Errorf("360 before and %d in all without a server, of 900", used)
	}
	server.Restart(t) // with nothing in it
	for i, l := range list {
		redistest.Eventually(t, fmt.Sprintf("replica %d is back", i), l.Shared)
	}
	if got := afterGathering(t, list); used+got > 900 {
		t.Errorf("%d more of 900 after the restart, %d were used", got, used)
	}
	st, err := list[0].Standings(t.Context(), "a")
	if err != nil || st[0].Used < used {
		t.Errorf("%d counted in the end of %d: %v", st[0].Used, used, err)
	}
}

func TestCountsThatWereLostArePutBack(t *testing.T) {
	server := redistest.Start(t)
	list := replicas(t, server, 2, perMinute(1_000))
	for range 4 {
		for _, l := range list {
			take(t, l, 100)
		}
	}
	look(t, list)
	server.Do(t, "FLUSHALL")
	server.Do(t, "SCRIPT", "FLUSH")
	if got := all(t, list); got != 0 {
		t.Errorf("%d were granted before all have told what they know", got)
	}
	if got := afterGathering(t, list); got != 200 {
		t.Errorf("%d of 200 were left after a FLUSHALL", got)
	}
}

func TestWhatWasTakenAloneIsBroughtOnce(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	rules := perMinute(1_000)
	l := open(t, server, redisledger.Options{Client: client(t, proxy.URL()[len("redis://"):]), Rules: rules, Timeout: time.Second})
	other := open(t, server, redisledger.Options{Rules: rules, Timeout: patient})
	take(t, l, 100)
	proxy.Set(redistest.Reset)
	kept, ok := take(t, l, 200)
	unsent, _ := take(t, l, 50)
	if !ok {
		t.Fatal("refused alone")
	}
	for grant, bill := range map[limit.Grant]pace.Bill{
		kept: {Used: limit.Amounts{limit.TotalTokens: 250}}, unsent: {Unsent: true},
	} {
		if err := l.Settle(t.Context(), "a", grant, bill); err != nil {
			t.Fatal(err)
		}
	}
	proxy.Set(redistest.None)
	redistest.Eventually(t, "the replica is back", func() bool {
		st, err := l.Standings(t.Context(), "a")
		return err == nil && l.Shared() && st[0].Limit == 1_000
	})
	if st, err := other.Standings(t.Context(), "a"); err != nil || st[0].Used != 350 {
		t.Errorf("the other replica sees %d used, want 350: %v", st[0].Used, err)
	}
}

func TestAHangingServerCostsOneTimeoutOnly(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	l := open(t, server, redisledger.Options{
		Client: client(t, proxy.URL()[len("redis://"):]), Rules: perMinute(1_000), Timeout: 200 * time.Millisecond,
	})
	take(t, l, 1)
	proxy.Set(redistest.Swallow)
	began := time.Now()
	for range 100 {
		take(t, l, 1)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("100 takes took %s", took)
	}
}

func TestACallAboveTheShareWaits(t *testing.T) {
	server := redistest.Start(t)
	list := replicas(t, server, 2, perMinute(1_000))
	take(t, list[0], 1)
	server.Kill(t)
	_, v, err := list[0].Take(t.Context(), "a", tokens(900))
	if err != nil || v.OK || v.At != limit.OnRelease {
		t.Errorf("above the share: %+v, %v", v, err)
	}
	_, v, err = list[0].Take(t.Context(), "a", tokens(1_001))
	if err != nil || v.At != limit.Never {
		t.Errorf("above the limit: %+v, %v", v, err)
	}
}

func TestHoldsSurviveALoss(t *testing.T) {
	rules := func(string) ([]limit.Axis, bool) {
		return []limit.Axis{{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: 3}}}, true
	}
	server := redistest.Start(t)
	l := replicas(t, server, 1, rules)[0]
	first, _ := take(t, l, 0)
	take(t, l, 0)
	server.Do(t, "FLUSHALL")
	if _, ok := take(t, l, 0); !ok {
		t.Error("refused a third call")
	}
	if _, ok := take(t, l, 0); ok {
		t.Error("a fourth call of three at a time")
	}
	if err := l.Settle(t.Context(), "a", first, pace.Bill{Used: limit.Amounts{limit.Calls: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, ok := take(t, l, 0); !ok {
		t.Error("what ended after the loss is still held")
	}
}

func TestUnusedSubjectsExpire(t *testing.T) {
	server := redistest.Start(t)
	l := open(t, server, redisledger.Options{Rules: perMinute(10), Timeout: patient, Prefix: "x"})
	take(t, l, 1)
	for _, key := range server.Do(t, "KEYS", "x:limit:*").([]any) {
		if ttl := server.Do(t, "TTL", key).(int64); ttl < 3_600 || ttl > 3_700 {
			t.Errorf("%s lives for %d s", key, ttl)
		}
	}
}

func TestOnceIsForAllReplicas(t *testing.T) {
	server := redistest.Start(t)
	list := replicas(t, server, 2, perMinute(10))
	for i, want := range []bool{true, false} {
		if first, err := list[i].Once(t.Context(), "alert", time.Hour); err != nil || first != want {
			t.Errorf("replica %d: %v, %v", i, first, err)
		}
	}
}
