// Three replicas on one Redis and one Qdrant: they know the same, and ask once.

package clustertest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestReplicasKnowTheSame(t *testing.T) {
	t.Parallel()
	upstream := startProvider(t, "0s")
	on := backends{redistest.Start(t).URL(), startQdrant(t).Addr()}
	replicas := startReplicas(t, 3, upstream, on, unhurried)
	first := replicas[0].chat(known, true)
	for i, r := range replicas {
		exact, semantic := r.whenCached(known), r.whenCached(reworded)
		if exact.layer() != "exact" || semantic.layer() != "semantic" {
			t.Errorf("replica %d: receipts %q and %q", i, exact.header.Get("Askonce-Receipt"), semantic.header.Get("Askonce-Receipt"))
		}
		if exact.header.Get("Askonce-Entry") != first.header.Get("Askonce-Entry") || exact.text(t) != first.text(t) || semantic.body != exact.body {
			t.Errorf("replica %d answers with another entry: %s", i, exact.body)
		}
	}
	if n := upstream.calls(); n != 1 {
		t.Errorf("the provider was asked %d times, once was needed", n)
	}
}

// The call lasts longer than any pause that a replica might wait for another
// before it asks itself.
func TestReplicasAskOnce(t *testing.T) {
	t.Parallel()
	upstream := startProvider(t, "2s")
	replicas := startReplicas(t, 3, upstream, backends{redis: redistest.Start(t).URL()}, unhurried)
	balancer := startBalancer(t, replicas)
	texts := make([]string, 30)
	var group sync.WaitGroup
	for i := range texts {
		group.Go(func() {
			a, err := balancer.try("POST", "/v1/chat/completions", question(known, i%2 == 0))
			if err != nil || a.status != http.StatusOK {
				t.Errorf("request %d: status %d, error %v: %s", i, a.status, err, a.body)
				return
			}
			texts[i] = a.text(t)
		})
	}
	group.Wait()
	for _, text := range texts {
		if text == "" || text != texts[0] {
			t.Errorf("answers %q and %q", text, texts[0])
		}
	}
	if n := upstream.calls(); n != 1 {
		t.Errorf("the provider was asked %d times for one question of 30 callers", n)
	}
}

// leaseLife is how long a lease outlives its holder.
const leaseLife = 5 * time.Second

// A replica dies while it asks the provider for all. The lease runs out, one
// of the others asks, and the third waits for it.
func TestALeaseThatIsLostCostsOneCall(t *testing.T) {
	t.Parallel()
	upstream := startProvider(t, "3s")
	replicas := startReplicas(t, 3, upstream, backends{redis: redistest.Start(t).URL()}, unhurried)
	holder, others := replicas[0], replicas[1:]
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := holder.try("POST", "/v1/chat/completions", question(known, true)); err == nil {
			t.Error("the replica that was killed has answered")
		}
	})
	within(t, patience, "the provider is asked", func() bool { return upstream.calls() == 1 })
	for i := range 6 {
		group.Go(func() {
			a, err := others[i%2].try("POST", "/v1/chat/completions", question(known, i < 3))
			if err != nil || a.status != http.StatusOK || a.text(t) == "" {
				t.Errorf("request %d: status %d, error %v: %s", i, a.status, err, a.body)
			}
			if limit := leaseLife + 3*time.Second + 5*time.Second; a.took > limit {
				t.Errorf("request %d took %v, more than %v", i, a.took, limit)
			}
		})
	}
	within(t, patience, "the others wait", func() bool { return waiting(others[0]) && waiting(others[1]) })
	holder.kill()
	group.Wait()
	if n := upstream.calls(); n > 2 {
		t.Errorf("the provider was asked %d times: %d calls more than the one that was lost", n, n-2)
	}
}

// waiting reports whether a flight of the replica waits for another's.
func waiting(r *replica) bool { return r.metric("askonce_awaited_total") > 0 }

// forgetTime is how soon a deletion must have reached all replicas.
const forgetTime = time.Second

func TestDeletionsReachAllReplicas(t *testing.T) {
	t.Parallel()
	upstream := startProvider(t, "0s")
	redis := redistest.Start(t)
	on := backends{redis.URL(), startQdrant(t).Addr()}
	replicas := startReplicas(t, 3, upstream, on, unhurried)
	for _, way := range []struct {
		name   string
		remove func(r *replica, id, tag string)
	}{
		{"deleted", func(r *replica, id, _ string) {
			r.rest("DELETE", "/v1/cache/entries/"+id, nil, http.StatusNoContent, nil)
		}},
		{"invalidated by tag", func(r *replica, _, tag string) {
			r.rest("POST", "/v1/cache/invalidate", map[string]any{"tags": []string{tag}}, http.StatusOK, nil)
		}},
		{"deleted while nobody hears the message", func(r *replica, id, _ string) {
			redis.Do(t, "client", "kill", "type", "pubsub")
			r.rest("DELETE", "/v1/cache/entries/"+id, nil, http.StatusNoContent, nil)
		}},
		{"deleted without a message", func(_ *replica, id, _ string) {
			redis.Do(t, "del", "askonce:e:"+id)
			redis.Do(t, "incr", "askonce:generation") // what counts deletions
		}},
		{"flushed", func(*replica, string, string) { redis.Do(t, "flushall") }},
	} {
		t.Run(way.name, func(t *testing.T) {
			prompt := "Which answer is " + way.name + "?"
			var stored struct{ ID string }
			replicas[0].rest("POST", "/v1/cache/store",
				map[string]any{"prompt": prompt, "response": "This one.", "tags": []string{"doomed"}}, http.StatusCreated, &stored)
			for i, r := range replicas { // now all have it in memory
				if !lookUp(r.caller, prompt).Hit {
					t.Fatalf("replica %d does not know the answer", i)
				}
			}
			way.remove(replicas[0], stored.ID, "doomed")
			removed := time.Now()
			for i, r := range replicas {
				within(t, patience, fmt.Sprintf("replica %d forgets", i), func() bool { return !lookUp(r.caller, prompt).Hit })
			}
			if took := time.Since(removed); took > forgetTime {
				t.Errorf("the answer was served for %v after it was %s", took, way.name)
			}
			t.Logf("forgotten everywhere after %v", time.Since(removed))
		})
	}
}
