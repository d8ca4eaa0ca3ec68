// The alarm: a threshold whose audits find too many wrong hits is tightened.

package cache

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/askonce/askonce/policy/tune"
)

// Alarm is why a threshold was tightened: what its audits have found, and
// against which promise.
type Alarm struct {
	Tenant    string `json:"tenant"`
	Namespace string `json:"namespace"`

	Of        string  `json:"of"` // the version that broke its promise
	Threshold float64 `json:"threshold"`
	Precision float64 `json:"precision"` // promised
	Level     float64 `json:"level"`     // chance of a false alarm
	Evidence  float64 `json:"evidence"`  // at least 1/Level

	Right     int `json:"right"`
	Wrong     int `json:"wrong"`
	Undecided int `json:"undecided"`

	// Now is the threshold that serves from here on, as version To.
	Now float64 `json:"now"`
	To  string  `json:"to"`
}

// alarm makes a tighter version, unless somebody has changed the threshold
// meanwhile: another replica, for the same reason, or a person. The latest
// audits, which tell most, choose it.
func (c *Cache) alarm(ctx context.Context, p place, of *test, current *Version, latest int, a *Alarm) error {
	hits, err := c.auditedHits(ctx, p, of, latest)
	if err != nil {
		return err
	}
	a.Tenant, a.Namespace, a.Now = p.tenant, p.namespace, tune.Tighten(hits, a.Precision, of.threshold)
	number := 0
	if current != nil {
		number = current.Number
	}
	v := &Version{
		Tenant: p.tenant, Namespace: p.namespace, Number: number + 1, Mark: rand.Text(), At: time.Now().UTC().Truncate(time.Millisecond),
		Threshold: a.Now, Judge: of.judge, Source: SourceAlarm, By: "alarm", Alarm: a,
	}
	a.To = v.name()
	if added, err := c.succeed(ctx, v); err != nil || !added {
		return err
	}
	c.metrics.alarms.Inc()
	c.log.Warn("audits find more wrong answers than the threshold promises; it is tightened: look at GET /v1/labels, and tune again or roll back",
		"namespace", p.namespace, "version", a.To, "threshold", a.Now, "of", a.Of, "was", a.Threshold, "promised", a.Precision,
		"right", a.Right, "wrong", a.Wrong, "undecided", a.Undecided, "evidence", a.Evidence)
	if c.opts.Alarmed != nil {
		c.opts.Alarmed(*a)
	}
	return nil
}

// succeed writes a version behind the one before it, if that is still the latest.
func (c *Cache) succeed(ctx context.Context, v *Version) (bool, error) {
	versions, err := c.Versions(ctx, v.Tenant, v.Namespace)
	if err != nil {
		return false, err
	}
	if len(versions) > 0 && versions[0].Number >= v.Number {
		return false, nil
	}
	added, err := c.writeVersion(ctx, v)
	if err != nil || !added {
		return false, err
	}
	c.forgetVersions(ctx, versions)
	return true, c.thresholds.refresh(ctx)
}

// auditedHits are the latest hits of a test that were decided, as far as their
// labels are kept.
func (c *Cache) auditedHits(ctx context.Context, p place, of *test, latest int) ([]tune.Sample, error) {
	labels, err := c.Labels(ctx, p.tenant, p.namespace)
	if err != nil {
		return nil, err
	}
	var hits []tune.Sample
	for _, l := range labels {
		if len(hits) == latest {
			break
		}
		if l.Source == LabelAudit && !l.Undecided && l.Version == of.version && l.Score != nil && l.Judge != nil && *l.Judge == of.judge &&
			l.Threshold != nil && *l.Threshold == of.threshold {
			hits = append(hits, tune.Sample{Score: *l.Score, Right: l.Right})
		}
	}
	return hits, nil
}
