// The thresholds that hold now, in memory: requests read them without waiting.

package cache

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/askonce/askonce/policy/guard"
)

const thresholdBook = "thresholds"

// thresholds are the current versions of all namespaces.
type thresholds struct {
	c       *Cache
	current atomic.Pointer[map[place]*standing]

	mu sync.Mutex // for one reload at a time
	bookmark
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
	t.current.Store(&map[place]*standing{})
	return t
}

// judge makes the judge of rules.
func (c *Cache) judge(rules *Rules) Judge {
	j := Judge{Embedder: c.identity, Score: rules.Score, Guards: rules.Guards.String() + "/" + strconv.Itoa(guard.Revision)}
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

// alarmed is how many namespaces are served by a version that an alarm made.
func (t *thresholds) alarmed() (n int) {
	for _, s := range *t.current.Load() {
		if s.Source == SourceAlarm {
			n++
		}
	}
	return n
}

// refresh reads the versions if they have changed.
func (t *thresholds) refresh(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows, err := t.c.changed(ctx, thresholdBook, &t.bookmark)
	if err != nil || rows == nil {
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
	return nil
}
