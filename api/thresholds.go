// /v1/thresholds: which threshold holds in a namespace, and its versions.

package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/tune"
)

// servingDoc is what holds in a namespace.
type servingDoc struct {
	Namespace string      `json:"namespace"`
	Threshold float64     `json:"threshold"`
	Version   string      `json:"version"`
	Void      string      `json:"void,omitempty"`
	Judge     cache.Judge `json:"judge"`
	Current   *versionDoc `json:"current"`
	Audit     *auditDoc   `json:"audit,omitzero"` // where there are audits
}

// auditDoc is what audits have found of the threshold that serves.
type auditDoc struct {
	Share     float64 `json:"share"`     // of the hits that is audited
	Precision float64 `json:"precision"` // promised
	Right     int     `json:"right"`
	Wrong     int     `json:"wrong"`
	Undecided int     `json:"undecided"`
	Evidence  float64 `json:"evidence"`          // against the promise
	AlarmAt   float64 `json:"alarm_at,omitzero"` // the evidence at which an alarm is raised
}

// versionDoc is a version as callers see it.
type versionDoc struct {
	Version     int               `json:"version"`
	Default     bool              `json:"default,omitzero"`
	Threshold   *float64          `json:"threshold"`
	Judge       *cache.Judge      `json:"judge"`
	Source      cache.Source      `json:"source"`
	Of          *int              `json:"of,omitempty"`
	By          string            `json:"by"`
	At          time.Time         `json:"at"`
	Certificate *tune.Certificate `json:"certificate"`
	Alarm       *cache.Alarm      `json:"alarm,omitzero"` // why an alarm made it
}

func newVersionDoc(v *cache.Version) *versionDoc {
	if v == nil {
		return nil
	}
	doc := &versionDoc{
		Version: v.Number, Default: v.Default, Source: v.Source, By: v.By, At: v.At,
		Certificate: v.Certificate, Alarm: v.Alarm,
	}
	if !v.Default {
		doc.Threshold, doc.Judge = &v.Threshold, &v.Judge
	}
	if v.Source == cache.SourceRollback {
		doc.Of = &v.Of
	}
	return doc
}

func (s *Server) servingDoc(ctx context.Context, tenant, namespace string) (servingDoc, error) {
	is := s.opts.Cache.Serving(tenant, namespace)
	doc := servingDoc{
		Namespace: namespace, Threshold: is.Threshold, Version: is.Version, Void: is.Void, Judge: is.Judge,
		Current: newVersionDoc(is.Current),
	}
	if !s.opts.Cache.Audits(tenant, namespace) {
		return doc, nil
	}
	found, err := s.opts.Cache.Audited(ctx, tenant, namespace)
	doc.Audit = &auditDoc{
		Share: found.Share, Precision: found.Precision, Right: found.Right, Wrong: found.Wrong, Undecided: found.Undecided,
		Evidence: found.Evidence,
	}
	if found.Level > 0 {
		doc.Audit.AlarmAt = 1 / found.Level
	}
	return doc, err
}

// thresholds answers GET /v1/thresholds: the default namespace, those that have
// versions, and the one that is asked for.
func (s *Server) thresholds(w http.ResponseWriter, r *http.Request, x *exchange) error {
	names := append(s.opts.Cache.Versioned(x.caller.tenant), s.opts.DefaultNamespace)
	asked := r.URL.Query().Get("namespace")
	if asked != "" {
		if err := policy.Namespace(asked); err != nil {
			return badParameter("namespace", err)
		}
		names = []string{asked}
	}
	slices.Sort(names)
	list := []servingDoc{}
	for _, name := range slices.Compact(names) {
		doc, err := s.servingDoc(r.Context(), x.caller.tenant, name)
		if err != nil {
			return err
		}
		list = append(list, doc)
	}
	return writeJSON(w, http.StatusOK, map[string]any{"thresholds": list})
}

// thresholdHistory answers GET /v1/thresholds/history.
func (s *Server) thresholdHistory(w http.ResponseWriter, r *http.Request, x *exchange) error {
	namespace := r.URL.Query().Get("namespace")
	if namespace == "" {
		namespace = s.opts.DefaultNamespace
	}
	if err := policy.Namespace(namespace); err != nil {
		return badParameter("namespace", err)
	}
	versions, err := s.opts.Cache.Versions(r.Context(), x.caller.tenant, namespace)
	if err != nil {
		return err
	}
	list := make([]*versionDoc, len(versions))
	for i, v := range versions {
		list[i] = newVersionDoc(v)
	}
	return writeJSON(w, http.StatusOK, map[string]any{"namespace": namespace, "versions": list})
}

type thresholdBody struct {
	Namespace *string  `json:"namespace"`
	Threshold *float64 `json:"threshold"`
	Unknown   unknown  `json:",embed"`
}

// setThreshold answers PUT /v1/thresholds.
func (s *Server) setThreshold(w http.ResponseWriter, r *http.Request, x *exchange) error {
	var asked thresholdBody
	if err := readInto(s, r, &asked, &asked.Unknown); err != nil {
		return err
	}
	namespace, problems := s.namespaceOf(asked.Namespace)
	if asked.Threshold == nil {
		problems = append(problems, detail{"threshold", "is missing"})
	} else if err := policy.Threshold(*asked.Threshold); err != nil {
		problems = append(problems, detail{"threshold", err.Error()})
	}
	if len(problems) > 0 {
		return badBody(problems...)
	}
	v, err := s.opts.Cache.SetThreshold(r.Context(), cache.Change{
		Tenant: x.caller.tenant, Namespace: namespace, Threshold: *asked.Threshold, Source: cache.SourceSet, By: x.caller.name(),
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, newVersionDoc(v))
}

type rollbackBody struct {
	Namespace *string  `json:"namespace"`
	To        *seconds `json:"to"` // a whole number
	Unknown   unknown  `json:",embed"`
}

// rollBack answers POST /v1/thresholds/rollback.
func (s *Server) rollBack(w http.ResponseWriter, r *http.Request, x *exchange) error {
	var asked rollbackBody
	if err := readInto(s, r, &asked, &asked.Unknown); err != nil {
		return err
	}
	namespace, problems := s.namespaceOf(asked.Namespace)
	if asked.To == nil || *asked.To < 0 {
		problems = append(problems, detail{"to", "is the number of an earlier version, or 0 for what is configured"})
	}
	if len(problems) > 0 {
		return badBody(problems...)
	}
	v, err := s.opts.Cache.RollBack(r.Context(), x.caller.tenant, namespace, int(*asked.To), x.caller.name())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, newVersionDoc(v))
}

// namespaceOf is the namespace that a body names, or the default one.
func (s *Server) namespaceOf(asked *string) (string, []detail) {
	if asked == nil {
		return s.opts.DefaultNamespace, nil
	}
	if err := policy.Namespace(*asked); err != nil {
		return "", []detail{{"namespace", err.Error()}}
	}
	return *asked, nil
}

// name is who made a change, for histories.
func (c *caller) name() string {
	if c.keyID == "" {
		return "without a key"
	}
	return c.keyID
}

// badParameter refuses a parameter of the query string.
func badParameter(name string, err error) *fault {
	return &fault{status: http.StatusBadRequest, code: "invalid_parameter", param: name, message: sentence(name + ": " + err.Error())}
}
