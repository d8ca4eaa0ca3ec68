// What every fault of a store has in common: requests are answered in time, the
// service says that it is degraded, logs that once, and recovers by itself.

package clustertest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// hurried are the defaults of the cache's budget, and every request asks the
// store, since nothing is in memory.
var hurried = []string{"ASKONCE_CACHE_L1_BYTES=0", "ASKONCE_LOG_FORMAT=json"}

// extra is what a fault may add to a request. The budget is 250 ms, a lease
// may cost a store's timeout beyond it, and the machine may be busy.
const extra = time.Second

// fault is one way in which a store fails.
type fault struct {
	name  string
	begin func()
	end   func()

	// wipes says that the store forgets by it.
	wipes bool

	// writes says that the store goes on answering questions and refuses
	// writes alone: that is a dependency of its own, and what is stored serves.
	writes bool
}

// victim is a service that is asked while a store fails.
type victim struct {
	*replica
	dependency string // the store's name on /readyz and in the log
	serial     int
}

// runFaults lets one fault follow the other on the same service.
func (v *victim) runFaults(faults []fault) {
	t := v.program.t
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			v.caller.t = t
			defer func() { v.caller.t = v.program.t }()
			v.suffer(t, f)
		})
	}
}

func (v *victim) suffer(t *testing.T, f fault) {
	dependency := v.dependency
	if f.writes {
		dependency += "_writes"
	}
	failing := "cache dependency fails; requests go on without it (" + dependency + ")"
	back := "cache dependency is back (" + dependency + ")"
	kept := v.fresh()
	v.stores(t, kept)

	mark := v.program.log.mark()
	f.begin()
	within(t, patience, "the service says that it is degraded", func() bool {
		v.inTime(t)
		return v.ready() == "degraded"
	})
	for range 8 {
		v.inTime(t)
		if f.writes && v.cached(kept).layer() != "exact" {
			t.Error("a store that refuses writes is not asked")
		}
	}
	v.saidOnce(t, mark, []string{failing}, []string{back})

	f.end()
	within(t, patience, "the service has recovered", func() bool {
		v.inTime(t)
		return v.ready() == "ready"
	})
	v.saidOnce(t, mark, []string{failing, back}, nil)
	v.stores(t, v.fresh())
	if !f.wipes && v.whenCached(kept).layer() != "exact" {
		t.Error("what was stored before the fault is not found behind it")
	}
}

// stores asks a question until its answer is in the store.
func (v *victim) stores(t *testing.T, text string) {
	t.Helper()
	within(t, patience, "the answer is stored", func() bool {
		v.chat(text, false)
		return v.cached(text).layer() == "exact"
	})
}

// nouns make questions of which none is like another.
var nouns = strings.Fields(`anchor bishop cactus dentist engine falcon garlic hockey island jacket kernel lantern marble needle
	orchid pirate quartz rabbit saddle tunnel umbrella violin walnut yogurt zipper blizzard cathedral dolphin elevator fountain`)

// fresh is a question that was never asked, nor one like it.
func (v *victim) fresh() string {
	v.serial++
	random := rand.New(rand.NewPCG(uint64(v.serial), 0))
	words := make([]string, 6)
	for i := range words {
		words[i] = nouns[random.IntN(len(nouns))]
	}
	return fmt.Sprintf("Tell me about %s.", strings.Join(words, " and "))
}

// inTime asks something new, and demands an answer that is not much later than
// the provider's, who needs no time.
func (v *victim) inTime(t *testing.T) {
	t.Helper()
	a := v.chat(v.fresh(), v.serial%2 == 0)
	if a.text(t) == "" {
		t.Errorf("an empty answer: %s", a.body)
	}
	if a.took > extra {
		t.Errorf("the answer took %v", a.took)
	}
}

// said counts the log's messages from mark on.
func (v *victim) said(t *testing.T, mark int) map[string]int {
	t.Helper()
	count := make(map[string]int)
	for _, line := range v.program.log.since(mark) {
		var record struct{ Msg, Dependency string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("a line that is not the log's: %s", line)
			continue
		}
		if record.Dependency != "" {
			record.Msg += " (" + record.Dependency + ")"
		}
		count[record.Msg]++
	}
	return count
}

// saidOnce checks the log from mark on: these lines come, those have not come,
// and none has come twice.
func (v *victim) saidOnce(t *testing.T, mark int, wanted, unwanted []string) {
	t.Helper()
	count := v.said(t, mark)
	within(t, patience, "the log says what happened", func() bool {
		count = v.said(t, mark) // a line comes after what /readyz says
		return !slices.ContainsFunc(wanted, func(text string) bool { return count[text] == 0 })
	})
	for _, text := range wanted {
		if count[text] != 1 {
			t.Errorf("%d lines say %q, want 1", count[text], text)
		}
	}
	for _, text := range unwanted {
		if count[text] != 0 {
			t.Errorf("%d lines say %q, want none", count[text], text)
		}
	}
	for text, n := range count {
		if n > 1 {
			t.Errorf("%d lines say %q", n, text)
		}
	}
}

// throughProxy makes the two faults of a network: a server that accepts and
// never answers, and one that resets connections.
func throughProxy(proxy *redistest.Proxy) []fault {
	heal := func() { proxy.Set(redistest.None) }
	return []fault{
		{name: "hangs", begin: func() { proxy.Set(redistest.Swallow) }, end: heal},
		{name: "resets connections", begin: func() { proxy.Set(redistest.Reset) }, end: heal},
	}
}
