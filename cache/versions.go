// Reading and changing the versions of a namespace's threshold.

package cache

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/askonce/askonce/policy/tune"
)

const (
	// versionsKept is how many versions of a namespace's threshold are kept.
	versionsKept = 100

	// versionedNamespaces is how many namespaces of a tenant may have versions.
	versionedNamespaces = 1000
)

// Errors of versions.
var (
	// ErrNoBooks means that the store keeps no thresholds and labels.
	ErrNoBooks = errors.New("cache: the entry store keeps no thresholds")

	// ErrNoVersion means that a namespace has no such version.
	ErrNoVersion = errors.New("cache: there is no such threshold version")

	// ErrTooManyNamespaces means that no further namespace of the tenant can
	// have versions.
	ErrTooManyNamespaces = errors.New("cache: too many namespaces of the tenant have thresholds of their own")

	// ErrConflict means that others changed the same at the same time.
	ErrConflict = errors.New("cache: the threshold was changed by others meanwhile")
)

// Serving is what holds in a namespace now.
type Serving struct {
	Namespace string
	Threshold float64
	Version   string // as receipts name it
	Void      string // in what the current version's judge differs from Judge; "" if it serves
	Judge     Judge  // of the scores made now
	Current   *Version
}

// Serving tells what holds in a namespace now, as far as this replica knows.
func (c *Cache) Serving(tenant, namespace string) Serving {
	configured := c.opts.Rules(tenant, namespace)
	p := place{tenant, namespace}
	rules := c.thresholds.apply(p, configured)
	s := Serving{Namespace: namespace, Threshold: rules.Threshold, Version: rules.ThresholdVersion, Judge: c.judge(&rules)}
	if current := (*c.thresholds.current.Load())[p]; current != nil {
		s.Current = current.Version
		if !current.Default {
			s.Void = current.against(c, &configured).void
		}
	}
	return s
}

// Versioned lists a tenant's namespaces that have versions.
func (c *Cache) Versioned(tenant string) []string {
	var names []string
	for p := range *c.thresholds.current.Load() {
		if p.tenant == tenant {
			names = append(names, p.namespace)
		}
	}
	slices.Sort(names)
	return names
}

// Versions returns a namespace's versions, the latest first. Errors:
// ErrNoBooks, ErrUnavailable.
func (c *Cache) Versions(ctx context.Context, tenant, namespace string) ([]*Version, error) {
	if c.books == nil {
		return nil, ErrNoBooks
	}
	rows, err := c.rowsOf(ctx, thresholdBook)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var versions []*Version
	prefix := place{tenant, namespace}.prefix()
	for name, value := range rows {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		v, err := readVersion(name, value)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		versions = append(versions, v)
	}
	slices.SortFunc(versions, func(a, b *Version) int { return cmp.Compare(b.Number, a.Number) })
	return versions, nil
}

// Change is a new version to be made.
type Change struct {
	Tenant, Namespace string
	Threshold         float64
	Source            Source
	By                string // who: a key's id
	Certificate       *tune.Certificate

	// Judge is what the threshold was made for; nil is the one that scores now.
	Judge *Judge
}

// SetThreshold makes a new version. It holds on this replica when the call
// returns, and on the others within two seconds. Errors: ErrNoBooks,
// ErrUnavailable, ErrConflict, ErrTooManyNamespaces.
func (c *Cache) SetThreshold(ctx context.Context, change Change) (*Version, error) {
	if err := checkThreshold(change.Threshold); err != nil {
		return nil, err
	}
	v := &Version{
		Tenant: change.Tenant, Namespace: change.Namespace, Threshold: change.Threshold,
		Source: change.Source, By: change.By, Certificate: change.Certificate,
	}
	if change.Judge != nil {
		v.Judge = *change.Judge
	} else {
		rules := c.opts.Rules(change.Tenant, change.Namespace)
		v.Judge = c.judge(&rules)
	}
	return c.addVersion(ctx, v)
}

// RollBack makes an earlier version hold again, as a new version; to is its
// number, or 0 for what is configured. Errors: ErrNoVersion and those of
// SetThreshold.
func (c *Cache) RollBack(ctx context.Context, tenant, namespace string, to int, by string) (*Version, error) {
	v := &Version{Tenant: tenant, Namespace: namespace, Source: SourceRollback, Of: to, By: by, Default: to == 0}
	if to != 0 {
		versions, err := c.Versions(ctx, tenant, namespace)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(versions, func(v *Version) bool { return v.Number == to })
		if i < 0 {
			return nil, ErrNoVersion
		}
		earlier := versions[i]
		v.Default, v.Threshold, v.Judge, v.Certificate = earlier.Default, earlier.Threshold, earlier.Judge, earlier.Certificate
	}
	return c.addVersion(ctx, v)
}

// addVersion writes v under the next number. Two who take the same one do not
// both get it: one tries again.
func (c *Cache) addVersion(ctx context.Context, v *Version) (*Version, error) {
	const tries = 5
	v.At, v.Mark = time.Now().UTC().Truncate(time.Millisecond), rand.Text()
	for range tries {
		versions, err := c.Versions(ctx, v.Tenant, v.Namespace)
		if err != nil {
			return nil, err
		}
		switch {
		case len(versions) > 0:
			v.Number = versions[0].Number + 1
		case len(c.Versioned(v.Tenant)) >= versionedNamespaces:
			return nil, ErrTooManyNamespaces
		default:
			v.Number = 1
		}
		added, err := c.writeVersion(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if !added {
			continue
		}
		c.forgetVersions(ctx, versions)
		if err := c.thresholds.refresh(ctx); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		c.log.Info("a threshold has a new version", "namespace", v.Namespace, "version", v.name(), "threshold", v.Threshold,
			"source", v.Source, "by", v.By)
		return v, nil
	}
	return nil, ErrConflict
}

func (c *Cache) writeVersion(ctx context.Context, v *Version) (bool, error) {
	row, err := json.Marshal(v)
	if err != nil {
		return false, err
	}
	return c.changeBook(ctx, func(ctx context.Context) (bool, error) {
		added, err := c.books.Add(ctx, thresholdBook, v.row(), row)
		if err != nil || added {
			return added, err
		}
		// A write whose first reply was lost finds what it wrote itself.
		rows, err := c.books.Rows(ctx, thresholdBook)
		return err == nil && bytes.Equal(rows[v.row()], row), err
	})
}

// forgetVersions removes what is beyond versionsKept; older are the versions
// before the one that was just added. What stays is removed by the next change.
func (c *Cache) forgetVersions(ctx context.Context, older []*Version) {
	if len(older) < versionsKept {
		return
	}
	var rows []string
	for _, v := range older[versionsKept-1:] {
		rows = append(rows, v.row())
	}
	_, _ = c.changeBook(ctx, func(ctx context.Context) (bool, error) { return true, c.books.Remove(ctx, thresholdBook, rows) })
}
