// The provider's prefix cache: which beginnings of prompts it still holds, by
// OpenAI's rule or by Anthropic's marks.

package simulator

import (
	"maps"
	"strings"
	"sync"
	"time"
)

// PrefixCache says whether there is a prefix cache.
type PrefixCache string

// The states of a prefix cache.
const (
	PrefixCacheOn  PrefixCache = "on"
	PrefixCacheOff PrefixCache = "off"
)

var prefixCaches = []PrefixCache{PrefixCacheOn, PrefixCacheOff}

// How long a prefix is kept that nobody uses. OpenAI says 5 to 10 minutes, or a
// day where prompt_cache_retention asks for it; Anthropic 5 minutes, or an hour
// where a mark asks for it.
const (
	shortLife = 5 * time.Minute
	hourLife  = time.Hour
	dayLife   = 24 * time.Hour
)

const (
	maxPrefixes  = 1 << 20 // that are held; later ones are not
	betweenSweep = time.Minute
)

// prefixes are those that are held, by whose they are.
type prefixes struct {
	mu    sync.Mutex
	held  map[prefixOwner]map[uint64]prefix
	count int
	swept time.Time
}

// A prefixOwner shares its prefixes with nobody. OpenAI routes calls by
// prompt_cache_key to the machine that may hold the prefix.
type prefixOwner struct {
	account  account
	cacheKey string
}

// prefix is one that is held, named by its digest.
type prefix struct {
	life time.Duration
	ends time.Time
}

// cached is what is known of a prompt's beginning.
type cached struct {
	read                   int // tokens
	written, writtenHourly int // tokens, Anthropic's; the latter for an hour
	used                   []uint64
	kept                   []kept
}

// kept is a prefix to be held from the answer on.
type kept struct {
	digest uint64
	life   time.Duration
}

// step finds the longest prefix that OpenAI's rule lets be used, and notes all
// of the prompt's to be kept.
func (p *prefixes) step(owner prefixOwner, t *trail, life time.Duration, now time.Time) cached {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := cached{kept: make([]kept, len(t.steps))}
	for i, digest := range t.steps {
		c.kept[i] = kept{digest, life}
		if p.holds(owner, digest, now) {
			c.read = leastPrefix + i*prefixStep
		}
	}
	return c
}

// holds reports whether a prefix is held. The lock is held, too.
func (p *prefixes) holds(owner prefixOwner, digest uint64, now time.Time) bool {
	held, ok := p.held[owner][digest]
	return ok && now.Before(held.ends)
}

// keep holds what a call has used or written from now on.
func (p *prefixes) keep(owner prefixOwner, c cached, now time.Time) {
	if len(c.used)+len(c.kept) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	own := p.held[owner]
	if own == nil {
		own = make(map[uint64]prefix)
		if p.held == nil {
			p.held = make(map[prefixOwner]map[uint64]prefix)
		}
		p.held[owner.clone()] = own
	}
	for _, digest := range c.used {
		if held, ok := own[digest]; ok {
			own[digest] = prefix{held.life, now.Add(held.life)}
		}
	}
	for _, k := range c.kept {
		held, ok := own[k.digest]
		if !ok && p.count >= maxPrefixes {
			return
		}
		if !ok {
			p.count++
		}
		life := max(k.life, held.life)
		own[k.digest] = prefix{life, now.Add(life)}
	}
}

// sweep drops what has ended, now and then.
func (p *prefixes) sweep(now time.Time) {
	if now.Sub(p.swept) < betweenSweep {
		return
	}
	p.swept, p.count = now, 0
	for owner, own := range p.held {
		maps.DeleteFunc(own, func(_ uint64, held prefix) bool { return !now.Before(held.ends) })
		if p.count += len(own); len(own) == 0 {
			delete(p.held, owner)
		}
	}
}

// clone owns its strings, which are parts of a request.
func (o prefixOwner) clone() prefixOwner {
	o.account.key, o.account.model = strings.Clone(o.account.key), strings.Clone(o.account.model)
	o.cacheKey = strings.Clone(o.cacheKey)
	return o
}

// restart forgets all.
func (p *prefixes) restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.count = nil, 0
}
