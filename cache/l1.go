package cache

import (
	"time"

	"github.com/maypok86/otter/v2"
)

// firstLevel is the cache in front of the Store: decoded entries in memory,
// bounded in bytes. What was set is read at once. A nil *firstLevel is an
// empty cache that keeps nothing.
type firstLevel struct {
	entries *otter.Cache[Key, *Entry]
}

// newFirstLevel returns a cache of so many bytes, none if negative. life is how
// long what was put is believed without asking the store again; 0 is for ever.
func newFirstLevel(bytes int64, life time.Duration) *firstLevel {
	if bytes < 0 {
		return nil
	}
	opts := &otter.Options[Key, *Entry]{
		MaximumWeight: uint64(bytes),
		Weigher:       func(_ Key, e *Entry) uint32 { return uint32(e.weight()) },
	}
	if life > 0 {
		opts.ExpiryCalculator = otter.ExpiryWriting[Key, *Entry](life)
	}
	return &firstLevel{entries: otter.Must(opts)}
}

// close ends the work in the background, where lives end.
func (l *firstLevel) close() {
	if l != nil {
		l.entries.StopAllGoroutines()
	}
}

func (l *firstLevel) get(key Key, now time.Time) *Entry {
	if l == nil {
		return nil
	}
	e, ok := l.entries.GetIfPresent(key)
	if !ok {
		return nil
	}
	if !e.Meta.Expires.After(now) {
		l.entries.Invalidate(key)
		return nil
	}
	return e
}

// put keeps e, unless a younger answer to the same request is there: one whose
// durable write is still to come must not be replaced by what the store has. It
// returns the entry that holds.
func (l *firstLevel) put(e *Entry) *Entry {
	if l == nil {
		return e
	}
	holds, _ := l.entries.Compute(e.Key, func(old *Entry, found bool) (*Entry, otter.ComputeOp) {
		if found && old.Meta.Created.After(e.Meta.Created) {
			return old, otter.CancelOp
		}
		return e, otter.WriteOp
	})
	return holds
}

func (l *firstLevel) remove(key Key) bool {
	if l == nil {
		return false
	}
	_, was := l.entries.Invalidate(key)
	return was
}

// clear forgets everything.
func (l *firstLevel) clear() {
	if l != nil {
		l.entries.InvalidateAll()
	}
}

// matching returns the keys of the entries that by selects.
func (l *firstLevel) matching(by Selector) []Key {
	if l == nil {
		return nil
	}
	var keys []Key
	for key, e := range l.entries.All() {
		if by.Matches(e.Meta) {
			keys = append(keys, key)
		}
	}
	return keys
}

func (l *firstLevel) size() (entries int, bytes uint64) {
	if l == nil {
		return 0, 0
	}
	return l.entries.EstimatedSize(), l.entries.WeightedSize()
}
