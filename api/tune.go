// POST /v1/tune: labels in, a threshold with a promise out.

package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/tune"
)

// maxTexts is how many rows of one call are scored from their texts: a minute
// or two of work beside that of requests.
const maxTexts = 10_000

type tuneBody struct {
	Namespace *string          `json:"namespace"`
	Lookups   []jsontext.Value `json:"lookups"`
	Pairs     []jsontext.Value `json:"pairs"`
	Labels    bool             `json:"labels"`
	Source    *string          `json:"source"` // of the labels

	Precision    *float64 `json:"precision"`
	RequestError *float64 `json:"request_error"`
	Confidence   *float64 `json:"confidence"`
	PositiveRate *float64 `json:"positive_rate"`
	Seed         *seconds `json:"seed"` // a whole number
	Apply        bool     `json:"apply"`
	Unknown      unknown  `json:",embed"`
}

type tuneAnswer struct {
	tune.Result
	Namespace string      `json:"namespace"`
	Judge     cache.Judge `json:"judge"` // of the scores
	At        time.Time   `json:"at"`
	Labels    *labelsUsed `json:"labels,omitzero"` // where they were gathered
	Applied   *versionDoc `json:"applied"`
}

// labelsUsed tells which gathered labels a calibration rests on.
type labelsUsed struct {
	Source    string `json:"source"`    // audit, feedback or all
	Audits    int    `json:"audits"`    // of a random sample of the hits
	Feedback  int    `json:"feedback"`  // of what callers cared to say
	Undecided int    `json:"undecided"` // audits left out until somebody decides
	Skipped   int    `json:"skipped"`   // without text, whose score is of another judge
}

// tune answers POST /v1/tune.
func (s *Server) tune(w http.ResponseWriter, r *http.Request, x *exchange) error {
	var asked tuneBody
	if err := readInto(s, r, &asked, &asked.Unknown); err != nil {
		return err
	}
	namespace, problems := s.namespaceOf(asked.Namespace)
	problems = append(problems, asked.check()...)
	if len(problems) > 0 {
		return badBody(problems...)
	}
	answer, err := s.calibrate(r.Context(), &asked, x.caller.tenant, namespace)
	if err != nil {
		return tuneFault(err)
	}
	if asked.Apply && answer.Certified {
		v, err := s.opts.Cache.SetThreshold(r.Context(), cache.Change{
			Tenant: x.caller.tenant, Namespace: namespace, Threshold: answer.Threshold, Source: cache.SourceTune,
			By: x.caller.name(), Certificate: answer.Certificate, Judge: &answer.Judge,
		})
		if err != nil {
			return err
		}
		answer.Applied = newVersionDoc(v)
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *Server) calibrate(ctx context.Context, asked *tuneBody, tenant, namespace string) (*tuneAnswer, error) {
	rows, err := asked.rows()
	if err != nil {
		return nil, err
	}
	answer := &tuneAnswer{Namespace: namespace, At: time.Now().UTC().Truncate(time.Second)}
	if asked.Labels {
		found, err := s.opts.Cache.LabelRows(ctx, tenant, namespace, asked.source())
		if err != nil {
			return nil, err
		}
		rows, answer.Labels = found.Rows, &labelsUsed{
			Source: orAll(asked.source()), Audits: found.Audits, Feedback: found.Feedback, Undecided: found.Undecided, Skipped: found.Skipped,
		}
	}
	var samples []tune.Sample
	samples, answer.Judge, err = s.opts.Cache.Samples(ctx, rows, cache.Scoring{Tenant: tenant, Namespace: namespace})
	if err != nil {
		return nil, err
	}
	o := asked.options()
	now := s.opts.Cache.Serving(tenant, namespace).Threshold
	o.Now = &now
	answer.Result, err = tune.Calibrate(samples, o)
	if answer.Certificate != nil && asked.Labels {
		answer.Certificate.Labels = orAll(asked.source())
	}
	return answer, err
}

// source is where the labels are to be of; "" is all.
func (b *tuneBody) source() cache.LabelSource {
	if b.Source == nil || *b.Source == "all" {
		return ""
	}
	return cache.LabelSource(*b.Source)
}

func orAll(source cache.LabelSource) string { return cmp.Or(string(source), "all") }

func (b *tuneBody) options() tune.Options {
	var o tune.Options
	for _, set := range []struct {
		field *float64
		asked *float64
	}{{&o.Precision, b.Precision}, {&o.RequestError, b.RequestError}, {&o.Confidence, b.Confidence}, {&o.PositiveRate, b.PositiveRate}} {
		if set.asked != nil {
			*set.field = *set.asked
		}
	}
	if b.Seed != nil {
		o.Seed = uint64(*b.Seed)
	}
	return o
}

// check finds what is wrong with the body as a whole.
func (b *tuneBody) check() []detail {
	problems := b.checkLabels()
	if b.Pairs != nil && b.PositiveRate == nil {
		problems = append(problems, detail{"positive_rate", "is missing: of pairs it is not known how often a candidate is right in use; give that share, such as 0.5"})
	}
	if b.Pairs == nil && b.PositiveRate != nil {
		problems = append(problems, detail{"positive_rate", "is for pairs; lookups come with the rate of your traffic"})
	}
	if b.Seed != nil && *b.Seed < 0 {
		problems = append(problems, detail{"seed", "is below 0"})
	}
	for name, value := range map[string]*float64{
		"precision": b.Precision, "request_error": b.RequestError, "confidence": b.Confidence, "positive_rate": b.PositiveRate,
	} {
		if value != nil && !(*value > 0 && *value < 1) {
			problems = append(problems, detail{name, fmt.Sprintf("%v is not between 0 and 1", *value)})
		}
	}
	if b.Precision != nil && b.RequestError != nil {
		problems = append(problems, detail{"request_error", "a precision is asked for as well; ask for one of the two"})
	}
	return problems
}

// checkLabels finds what is wrong with where the labels are.
func (b *tuneBody) checkLabels() []detail {
	var problems []detail
	sources := 0
	for _, given := range []bool{b.Lookups != nil, b.Pairs != nil, b.Labels} {
		if given {
			sources++
		}
	}
	if sources != 1 {
		problems = append(problems, detail{"", "give one of lookups, pairs, and labels (true: those gathered for the namespace)"})
	}
	if err := checkSource(b.Source); err != nil {
		problems = append(problems, detail{"source", err.Error()})
	}
	if b.Source != nil && !b.Labels {
		problems = append(problems, detail{"source", "is for labels: true"})
	}
	return problems
}

// rows reads the lookups or pairs, and names what is wrong with them.
func (b *tuneBody) rows() ([]tune.Row, error) {
	list, name := b.Lookups, "lookups"
	if b.Pairs != nil {
		list, name = b.Pairs, "pairs"
	}
	if len(list) > tune.MaxRows {
		return nil, badBody(detail{name, fmt.Sprintf("there are more than %d; give a random sample of them", tune.MaxRows)})
	}
	var problems []detail
	rows, texts := make([]tune.Row, 0, len(list)), 0
	for i, text := range list {
		row, err := tune.ParseRow(text)
		switch {
		case err == nil && row.Pair != (b.Pairs != nil):
			err = errors.New(`lookups have "right", pairs have "a", "b" and "label"`)
		case row.Texts():
			texts++
		}
		if err != nil {
			problems = append(problems, detail{fmt.Sprintf("%s[%d]", name, i), err.Error()})
		}
		if len(problems) == maxRowProblems {
			break
		}
		rows = append(rows, row)
	}
	if texts > maxTexts {
		problems = append(problems, detail{name, fmt.Sprintf("texts of at most %d rows are scored in one call; `askonce tune` has no such limit", maxTexts)})
	}
	if len(problems) > 0 {
		return nil, badBody(problems...)
	}
	return tune.Distinct(rows)
}

// maxRowProblems is how many rows are named; more say the same.
const maxRowProblems = 10

// tuneFault turns what is wrong with a sample into what a caller is told.
func tuneFault(err error) error {
	var bad *tune.InputError
	if !errors.As(err, &bad) {
		return err
	}
	f := &fault{status: http.StatusUnprocessableEntity, code: bad.Code, message: sentence(bad.Error())}
	for _, p := range bad.Problems {
		f.details = append(f.details, detail{p.Field, p.Text})
	}
	if bad.Code == "invalid" {
		f.status, f.code = http.StatusBadRequest, "invalid_body"
	}
	return f
}
