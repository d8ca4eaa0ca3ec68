// Audits: a share of the semantic hits is asked of the origin as well, behind
// the request, and the fresh answer compared with the one that was served.

package cache

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	judging "github.com/askonce/askonce/policy/audit"

	"github.com/askonce/askonce/internal/llm"
)

const (
	// auditsWaiting bounds the hits that wait for their audit. What comes
	// beyond it is not audited, which has nothing to do with who is right.
	auditsWaiting = 64

	// reviewEvery is after how many audits of this replica a namespace's tally
	// is read though none was wrong: to keep it short.
	reviewEvery = 200
)

// audit is one hit to be audited.
type audit struct {
	req   *Request
	rules Rules // that it was served by
	entry *Entry
	hit   *served

	// fresh is the origin's answer; nil: it is still to be asked. With shadow
	// mode it was asked anyway, and nothing was served.
	fresh []byte
}

func (a *audit) shadow() bool { return a.rules.Mode == ModeShadow }

// audits makes audits, a few at a time. A nil *audits makes none.
type audits struct {
	c     *Cache
	queue chan *audit
	made  atomic.Int64
}

func newAudits(c *Cache) *audits { return &audits{c: c, queue: make(chan *audit, auditsWaiting)} }

// Audits reports whether hits of a namespace are audited upstream, so that its
// requests should have an Audit.
func (c *Cache) Audits(tenant, namespace string) bool {
	return c.audits != nil && c.opts.Rules(tenant, namespace).Audit.Share > 0
}

// consider takes a hit for an audit, or not, by chance alone. Nobody's text is
// kept against his wish. A hit that shadow mode holds back is compared
// with the answer that is coming anyway.
func (as *audits) consider(s *search, entry *Entry, hit *served) {
	if as == nil || s.req.NoStore {
		return
	}
	shadow := s.rules.Mode == ModeShadow
	if !shadow && (s.req.Audit == nil || rand.Float64() >= s.rules.Audit.Share) {
		return
	}
	a := &audit{req: s.req, rules: s.rules, entry: entry, hit: hit}
	if shadow {
		s.watched = a
		return
	}
	as.add(a)
}

// compare audits a hit whose fresh answer is there.
func (as *audits) compare(a *audit, fresh []byte) {
	a.fresh = fresh
	as.add(a)
}

func (as *audits) add(a *audit) {
	select {
	case as.queue <- a:
	default:
		as.count("dropped")
	}
}

func (as *audits) count(outcome string) { as.c.metrics.audits.WithLabelValues(outcome).Inc() }

// work makes audits until ctx ends. Those that wait then are not made.
func (as *audits) work(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case a := <-as.queue:
			as.count(as.make(ctx, a))
		}
	}
}

// make makes one audit and says what came of it.
func (as *audits) make(ctx context.Context, a *audit) (outcome string) {
	ctx, cancel := context.WithTimeout(ctx, as.c.opts.FlightTimeout)
	defer cancel()
	if a.fresh == nil {
		if outcome = as.ask(ctx, a); outcome != "" {
			return outcome
		}
	}
	endpoint := llm.Endpoint(a.req.Kind)
	before, err := llm.Said(endpoint, a.entry.Response)
	if err != nil {
		return "unusable"
	}
	now, err := llm.Said(endpoint, a.fresh)
	if err != nil {
		return "unusable"
	}
	verdict := judging.Compare(before, now, func() (float64, bool) { return as.c.alike(ctx, before, now) })
	if ctx.Err() != nil {
		return "failed"
	}
	if err := as.record(ctx, a, verdict); err != nil {
		as.c.log.Warn("an audit could not be recorded", "namespace", a.req.Namespace, "error", err)
		return "unrecorded"
	}
	return string(verdict)
}

// record writes down what an audit found, and acts on a wrong answer that was
// served: it is evicted, and not given to the same question again.
func (as *audits) record(ctx context.Context, a *audit, verdict judging.Verdict) error {
	c, p := as.c, a.hit.place
	now := time.Now().UTC()
	label := Label{
		At: now, By: "audit", Source: LabelAudit, Right: verdict == judging.Right, Undecided: verdict == judging.Undecided,
		Entry: a.entry.Key.String(), Request: a.req.Key.String(), Asked: a.hit.asked, Stored: a.entry.Prompt,
		Score: &a.hit.score, Judge: &a.hit.judge, Threshold: &a.rules.Threshold, Version: a.rules.ThresholdVersion,
	}
	if err := c.addLabel(ctx, p, label); err != nil {
		return err
	}
	c.trim(ctx, p)
	if verdict == judging.Wrong {
		if err := as.takeBack(ctx, a); err != nil {
			return err
		}
	}
	if a.shadow() {
		return nil
	}
	return as.tell(ctx, a, verdict, now)
}

// takeBack is what feedback does with a wrong answer. One that was not served
// stays for the questions that it is right for.
func (as *audits) takeBack(ctx context.Context, a *audit) error {
	if a.shadow() {
		return as.c.negatives.add(ctx, a.hit.place, pair(a.req.Key, a.entry.Key))
	}
	_, err := as.c.takeBack(ctx, a.hit.place, &Feedback{Tenant: a.hit.place.tenant, Entry: a.entry.Key, Request: a.req.Key})
	return err
}
