// Negatives: answers that were said to be wrong for a question are not given to
// it again.

package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	negativeBook = "negatives"

	// negativesKept is how many of a namespace are kept, the latest.
	negativesKept = 5000
)

// pairing is a question and an answer that does not fit it.
type pairing [16]byte

func pair(request, entry Key) pairing {
	sum := sha256.Sum256(append(request[:], entry[:]...))
	return pairing(sum[:16])
}

// negatives are those of all namespaces, in memory.
type negatives struct {
	c       *Cache
	current atomic.Pointer[map[pairing]struct{}]

	mu sync.Mutex // for one reload at a time
	bookmark
}

func newNegatives(c *Cache) *negatives {
	n := &negatives{c: c}
	n.current.Store(&map[pairing]struct{}{})
	return n
}

// without leaves the candidates out that are known to be wrong for a request.
func (n *negatives) without(request Key, found []Candidate) []Candidate {
	known := *n.current.Load()
	if len(known) == 0 {
		return found
	}
	kept := found[:0]
	for _, candidate := range found {
		if _, wrong := known[pair(request, candidate.Key)]; !wrong {
			kept = append(kept, candidate)
		}
	}
	return kept
}

// add remembers a pairing, here at once and on other replicas soon. The row's
// name is the place, the time and the pairing.
func (n *negatives) add(ctx context.Context, p place, wrong pairing) error {
	if _, known := (*n.current.Load())[wrong]; known {
		return nil
	}
	name := fmt.Sprintf("%s%020d-%s", p.prefix(), time.Now().UnixMicro(), hex.EncodeToString(wrong[:]))
	if _, err := n.c.changeBook(ctx, func(ctx context.Context) (bool, error) {
		return n.c.books.Add(ctx, negativeBook, name, nil)
	}); err != nil {
		return err
	}
	return n.refresh(ctx)
}

// remove forgets a pairing, here at once and on other replicas soon.
func (n *negatives) remove(ctx context.Context, p place, wrong pairing) error {
	if _, known := (*n.current.Load())[wrong]; !known {
		return nil
	}
	rows, err := n.c.rowsOf(ctx, negativeBook)
	if err != nil {
		return err
	}
	var names []string
	for name := range rows {
		if strings.HasPrefix(name, p.prefix()) && strings.HasSuffix(name, "-"+hex.EncodeToString(wrong[:])) {
			names = append(names, name)
		}
	}
	if _, err := n.c.changeBook(ctx, func(ctx context.Context) (bool, error) {
		return true, n.c.books.Remove(ctx, negativeBook, names)
	}); err != nil {
		return err
	}
	return n.refresh(ctx)
}

// refresh reads the book if it has changed.
func (n *negatives) refresh(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	rows, err := n.c.changed(ctx, negativeBook, &n.bookmark)
	if err != nil || rows == nil {
		return err
	}
	known := make(map[pairing]struct{}, len(rows))
	for name := range rows {
		var p pairing
		text := name[strings.LastIndexByte(name, '-')+1:]
		if len(text) != hex.EncodedLen(len(p)) {
			continue
		}
		if _, err := hex.Decode(p[:], []byte(text)); err == nil {
			known[p] = struct{}{}
		}
	}
	n.current.Store(&known)
	return nil
}
