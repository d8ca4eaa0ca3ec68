// The thresholds that hold now, in memory: requests read them without waiting.

package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askonce/askonce/policy/guard"
)

const (
	thresholdBook = "thresholds"

	// followEvery is how often the books' revisions are compared; changes of
	// other replicas are seen within it and the time of two calls.
	followEvery = 500 * time.Millisecond
)

// thresholds are the current versions of all namespaces.
type thresholds struct {
	c       *Cache
	books   Books // nil: the store keeps none
	current atomic.Pointer[map[place]*standing]

	mu       sync.Mutex // for one reload at a time
	revision int64
	loaded   bool
	troubled bool // the log says that they cannot be read
}

// standing is a current version and whether it serves.
type standing struct {
	*Version
	judged atomic.Pointer[judged]
}

// judged is what came of comparing a version with the rules it meets.
type judged struct {
	rules   Rules  // score, floor and guards that were compared
	version string // as receipts name it
	void    string // in what the judges differ; "" if the version serves
}

func newThresholds(c *Cache) *thresholds {
	t := &thresholds{c: c}
	t.books, _ = c.opts.Store.(Books)
	t.current.Store(&map[place]*standing{})
	return t
}

// judge makes the judge of rules.
func (c *Cache) judge(rules *Rules) Judge {
	j := Judge{Embedder: c.identity, Score: rules.Score, Guards: rules.Guards.String()}
	if j.Score == "" {
		j.Score = ScoreCosine
	}
	if rules.Guards == guard.None {
		j.Guards = "none"
	}
	if j.Score == ScoreVerified {
		j.Floor = rules.Floor
		if c.opts.Verifier != nil {
			j.Verifier = c.opts.Verifier.Identity()
		}
	}
	return j
}

// apply puts the namespace's version in place of the configured threshold. A
// version that another judge's scores were made for is void: the configured
// threshold holds, which is the safe default, and the receipt says so.
func (t *thresholds) apply(p place, rules Rules) Rules {
	s := (*t.current.Load())[p]
	if s == nil || s.Default {
		return rules
	}
	j := s.against(t.c, &rules)
	rules.ThresholdVersion = j.version
	if j.void == "" {
		rules.Threshold = s.Threshold
	}
	return rules
}

// against compares the version with rules, once for the same ones.
func (s *standing) against(c *Cache, rules *Rules) *judged {
	j := s.judged.Load()
	if j != nil && j.rules.Score == rules.Score && j.rules.Floor == rules.Floor && j.rules.Guards == rules.Guards &&
		j.rules.ThresholdVersion == rules.ThresholdVersion {
		return j
	}
	j = &judged{rules: *rules, version: s.name(), void: s.Judge.differs(c.judge(rules))}
	if j.void != "" {
		j.version = rules.ThresholdVersion + "(" + s.name() + " void: " + j.void + ")"
		c.log.Warn("a threshold was made for another judge and is void; the configured one holds: tune again",
			"namespace", s.Namespace, "version", s.name(), "differs_in", j.void)
	}
	s.judged.Store(j)
	return j
}

// follow reloads what changes until ctx ends.
func (t *thresholds) follow(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.refresh(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// refresh reads the versions if they have changed. While they cannot be read,
// those that are known hold on.
func (t *thresholds) refresh(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.reload(ctx)
	switch {
	case err != nil && !t.troubled && ctx.Err() == nil:
		t.c.log.Warn("threshold versions cannot be read; those that are known hold, and the configured ones elsewhere", "error", err)
	case err == nil && t.troubled:
		t.c.log.Info("threshold versions are read again")
	}
	t.troubled = err != nil
}

func (t *thresholds) reload(ctx context.Context) error {
	revision, err := ask(ctx, t.c.store, patience{timeout: t.c.opts.StoreTimeout}, func(ctx context.Context) (int64, error) {
		return t.books.Revision(ctx, thresholdBook)
	})
	if err != nil || t.loaded && revision == t.revision {
		return err
	}
	rows, err := t.c.rowsOf(ctx, t.books, thresholdBook)
	if err != nil {
		return err
	}
	latest := make(map[place]*standing)
	for name, value := range rows {
		v, err := readVersion(name, value)
		if err != nil {
			return err
		}
		if old := latest[v.place()]; old == nil || old.Number < v.Number {
			latest[v.place()] = &standing{Version: v}
		}
	}
	t.current.Store(&latest)
	t.revision, t.loaded = revision, true
	return nil
}

// rowsOf reads a whole book; no request waits for it.
func (c *Cache) rowsOf(ctx context.Context, books Books, book string) (map[string][]byte, error) {
	return ask(ctx, c.store, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (map[string][]byte, error) {
		return books.Rows(ctx, book)
	})
}
