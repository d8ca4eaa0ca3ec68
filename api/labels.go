// GET /v1/labels: what was said of answers, to be read, corrected and taken along.

package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/audit"
)

// labelQuery is which labels are asked for.
type labelQuery struct {
	namespace string
	source    *string
	verdict   audit.Verdict // "" for all
	before    string        // id of the last of the page before
	limit     int
}

// exportLabels answers GET /v1/labels: one label a line, the latest first, with
// one for each question and answer.
func (s *Server) exportLabels(w http.ResponseWriter, r *http.Request, x *exchange) error {
	q, err := s.labelQuery(r.URL.Query())
	if err != nil {
		return err
	}
	list, err := s.opts.Cache.LatestLabels(r.Context(), x.caller.tenant, q.namespace)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	last, n := "", 0
	for _, l := range list {
		if !q.wants(l) {
			continue
		}
		if n == q.limit {
			w.Header()["Link"] = []string{"<" + q.after(r.URL, last) + `>; rel="next"`}
			break
		}
		line, err := json.Marshal(l, json.Deterministic(true))
		if err != nil {
			return fmt.Errorf("write a label: %w", err)
		}
		page.Write(append(line, '\n'))
		last, n = l.ID, n+1
	}
	writeBytes(w, http.StatusOK, []string{"application/jsonl"}, page.Bytes())
	return nil
}

func (s *Server) labelQuery(values url.Values) (labelQuery, error) {
	q := labelQuery{namespace: s.opts.DefaultNamespace, before: values.Get("before"), limit: mostLabels}
	if text := values.Get("namespace"); text != "" {
		q.namespace = text
	}
	if err := policy.Namespace(q.namespace); err != nil {
		return q, badParameter("namespace", err)
	}
	if text := values.Get("source"); text != "" {
		q.source = &text
	}
	if err := checkSource(q.source); err != nil {
		return q, badParameter("source", err)
	}
	switch q.verdict = audit.Verdict(values.Get("verdict")); q.verdict {
	case "", audit.Right, audit.Wrong, audit.Undecided:
	default:
		return q, badParameter("verdict", errors.New("is none of right, wrong, undecided"))
	}
	if text := values.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostLabels {
			return q, badParameter("limit", fmt.Errorf("is not a number of 1 to %d", mostLabels))
		}
		q.limit = n
	}
	return q, nil
}

// checkSource tells what is wrong with a source of labels.
func checkSource(source *string) error {
	if source == nil {
		return nil
	}
	switch *source {
	case "all", string(cache.LabelAudit), string(cache.LabelFeedback):
		return nil
	}
	return errors.New("is none of audit, feedback, all")
}

func (q *labelQuery) wants(l *cache.Label) bool {
	verdict := audit.Wrong
	switch {
	case l.Undecided:
		verdict = audit.Undecided
	case l.Right:
		verdict = audit.Right
	}
	return (q.before == "" || l.ID < q.before) &&
		(q.source == nil || *q.source == "all" || *q.source == string(l.Source)) &&
		(q.verdict == "" || q.verdict == verdict)
}

// after is where the page behind a label is.
func (q *labelQuery) after(at *url.URL, last string) string {
	values := at.Query()
	values.Set("before", last)
	return at.Path + "?" + values.Encode()
}
