// The memory of parsed bodies: a byte-identical repeat needs no JSON work and
// no hashing of its key.

package api

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/budget"
)

// memoBody is the longest body that is remembered, in bytes.
const memoBody = 64 << 10

// memoDoor is how many bodies are on trial: one is remembered when it comes a
// second time before another takes its slot.
const memoDoor = 4096

// memo remembers parsed bodies. The hash only finds the place; a body is
// compared in full before what is remembered of it is used.
type memo struct {
	seed    maphash.Seed
	entries *otter.Cache[uint64, *parsed]
	door    [memoDoor]atomic.Uint64 // places seen lately: once is not worth an entry
}

// parsed is a body that was read before.
type parsed struct {
	view   *llm.Request   // with a Body of its own
	prompt *budget.Prompt // nil: no chunk is marked in it
	tokens atomic.Int64   // of the prompt; 0: not yet counted
	last   atomic.Pointer[keyed]
}

// keyed is the cache's request for a parsed body, and what it was made of
// besides the body.
type keyed struct {
	tenant, namespace string
	origin            cache.Origin
	request           *cache.Request // read only
}

// newMemo returns a memo of at most limit bytes; nil, which remembers nothing,
// if limit is negative.
func newMemo(limit int64) (*memo, error) {
	if limit < 0 {
		return nil, nil
	}
	entries, err := otter.New(&otter.Options[uint64, *parsed]{
		MaximumWeight: uint64(limit),
		Weigher:       func(_ uint64, p *parsed) uint32 { return p.weight() },
	})
	if err != nil {
		return nil, err
	}
	return &memo{seed: maphash.MakeSeed(), entries: entries}, nil
}

func (p *parsed) weight() uint32 {
	const fixed = 1024 // the structs, names and the cache's own
	return uint32(fixed + len(p.view.Body) + len(p.view.Query))
}

// find returns what is remembered of a body, or nil.
func (m *memo) find(ep llm.Endpoint, body []byte) *parsed {
	if m == nil || len(body) > memoBody {
		return nil
	}
	p, ok := m.entries.GetIfPresent(m.place(ep, body))
	if !ok || p.view.Endpoint != ep || !bytes.Equal(p.view.Body, body) {
		return nil
	}
	return p
}

// add remembers what was parsed of a Body that nobody else writes to.
func (m *memo) add(p *parsed) *parsed {
	view := p.view
	if m != nil && len(view.Body) <= memoBody {
		place := m.place(view.Endpoint, view.Body)
		if m.door[place%memoDoor].Swap(place) == place {
			m.entries.Set(place, p)
		}
	}
	return p
}

func (m *memo) place(ep llm.Endpoint, body []byte) uint64 {
	return maphash.Bytes(m.seed, body) ^ maphash.String(m.seed, string(ep))
}

// request makes the cache's request. It is the caller's own.
func (p *parsed) request(tenant, namespace string, origin cache.Origin) *cache.Request {
	last := p.last.Load()
	if last == nil || !last.is(tenant, namespace, origin) {
		last = &keyed{tenant, namespace, origin, cache.NewRequest(tenant, namespace, origin, p.view)}
		p.last.Store(last)
	}
	request := *last.request
	return &request
}

func (k *keyed) is(tenant, namespace string, origin cache.Origin) bool {
	return k.tenant == tenant && k.namespace == namespace &&
		k.origin.Upstream == origin.Upstream && k.origin.Query == origin.Query &&
		slices.Equal(k.origin.Headers, origin.Headers)
}
