// POST /v1/cache/invalidate: entries go by tag, model, namespace and age.

package api

import (
	"net/http"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
)

type invalidateBody struct {
	Namespace *string  `json:"namespace"`
	Model     *string  `json:"model"`
	Tags      []string `json:"tags"`
	OlderThan *seconds `json:"older_than"` // seconds
	All       bool     `json:"all"`
	DryRun    bool     `json:"dry_run"`
	Unknown   unknown  `json:",embed"`
}

type invalidateAnswer struct {
	Matched int  `json:"matched"`
	Deleted int  `json:"deleted"`
	DryRun  bool `json:"dry_run"`
}

func (s *Server) invalidate(w http.ResponseWriter, r *http.Request, x *exchange) error {
	var asked invalidateBody
	if err := readInto(s, r, &asked, &asked.Unknown); err != nil {
		return err
	}
	by, err := asked.selector(x.caller.tenant, time.Now())
	if err != nil {
		return err
	}
	n, err := s.opts.Cache.Invalidate(r.Context(), by, asked.DryRun)
	if err != nil {
		return err
	}
	answer := invalidateAnswer{Matched: n, Deleted: n, DryRun: asked.DryRun}
	if asked.DryRun {
		answer.Deleted = 0
	}
	return writeJSON(w, http.StatusOK, answer)
}

// selector checks what was asked. Everything a tenant has goes only if that is
// said in so many words.
func (b *invalidateBody) selector(tenant string, now time.Time) (cache.Selector, error) {
	by := cache.Selector{Tenant: tenant, Tags: b.Tags}
	var problems []detail
	if b.Namespace != nil {
		by.Namespace = *b.Namespace
		if err := policy.Namespace(by.Namespace); err != nil {
			problems = append(problems, detail{"namespace", err.Error()})
		}
	}
	if b.Model != nil {
		by.Model = *b.Model
		if by.Model == "" {
			problems = append(problems, detail{"model", "is empty; leave it out for all models"})
		}
	}
	problems = append(problems, checkTags(b.Tags)...)
	if b.OlderThan != nil {
		age, err := policy.Age(int64(*b.OlderThan))
		if err != nil {
			problems = append(problems, detail{"older_than", err.Error()})
		}
		by.CreatedBefore = now.Add(-age)
	}
	none := b.Namespace == nil && b.Model == nil && len(b.Tags) == 0 && b.OlderThan == nil
	if none != b.All {
		problems = append(problems, detail{"", "say which entries: namespace, model, tags or older_than; or all alone, as true, for all that you have"})
	}
	if len(problems) > 0 {
		return cache.Selector{}, badBody(problems...)
	}
	return by, nil
}
