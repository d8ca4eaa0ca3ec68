// `askonce tune --server`: a running service calibrates, and may apply.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/tune"
)

// tunePatience is how long a calibration may take: the service scores some ten
// thousand texts beside its requests.
const tunePatience = 10 * time.Minute

// checkServer refuses what makes no sense with a service, or without.
func (c TuneCmd) checkServer() problems {
	var ps problems
	for _, wants := range []struct {
		flag string
		set  bool
	}{{"--labels", c.Labels != ""}, {"--apply", c.Apply}} {
		if wants.set && c.Server == "" {
			ps = append(ps, newProblem(wants.flag, "is for a running service; say which with --server URL"))
		}
	}
	switch c.Labels {
	case "", "audit", "feedback", "all":
	default:
		ps = append(ps, newProblem("--labels", fmt.Sprintf("%q is none of audit, feedback, all", c.Labels)))
	}
	if c.CheckPromise && c.Server != "" {
		ps = append(ps, newProblem("--check-promise", "is done here, on a file; leave --server out"))
	}
	switch {
	case c.File == "" && c.Labels == "":
		ps = append(ps, newProblem("<file>", "is missing: name a file of labels, or take those that a service has gathered with --server URL --labels all"))
	case c.File != "" && c.Labels != "":
		ps = append(ps, newProblem("--labels", "takes the place of a file; give one of the two"))
	}
	return ps
}

// tuneRequest is the body of POST /v1/tune.
type tuneRequest struct {
	Namespace    string    `json:"namespace"`
	Lookups      []tuneRow `json:"lookups,omitempty"`
	Pairs        []tuneRow `json:"pairs,omitempty"`
	Labels       bool      `json:"labels,omitempty"`
	Source       string    `json:"source,omitempty"`
	Precision    float64   `json:"precision,omitzero"`
	RequestError float64   `json:"request_error,omitzero"`
	Confidence   float64   `json:"confidence,omitzero"`
	PositiveRate float64   `json:"positive_rate,omitzero"`
	Seed         uint64    `json:"seed"`
	Apply        bool      `json:"apply,omitempty"`
}

// tuneRow is one label in it.
type tuneRow map[string]any

func newTuneRow(r tune.Row) tuneRow {
	switch {
	case r.Pair:
		return tuneRow{"a": r.Stored, "b": r.Asked, "label": r.Right}
	case r.Texts():
		return tuneRow{"asked": r.Asked, "stored": r.Stored, "right": r.Right}
	case r.HasScore:
		return tuneRow{"score": r.Score, "right": r.Right}
	}
	return tuneRow{"score": nil, "right": r.Right}
}

// tuneAnswer is what the service says.
type tuneAnswer struct {
	tune.Result
	Namespace string      `json:"namespace"`
	Judge     cache.Judge `json:"judge"`
	At        time.Time   `json:"at"`
	Labels    *struct {
		Source                               string
		Audits, Feedback, Undecided, Skipped int
	} `json:"labels"`
	Applied *struct {
		Version   int     `json:"version"`
		Threshold float64 `json:"threshold"`
	} `json:"applied"`
}

// remote lets the service calibrate.
func (c TuneCmd) remote(p *process) error {
	base, err := serviceURL(c.Server, "", nil)
	if err != nil {
		return err
	}
	asked, err := c.request()
	if err != nil {
		return err
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	raw, err := tellService(ctx, tunePatience, http.MethodPost, base+"/v1/tune", c.Key, body)
	if err != nil {
		return err
	}
	var answer tuneAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return errors.New("the service's answer is not that of POST /v1/tune; is it askonce?")
	}
	if c.JSON {
		_, err = p.Stdout.Write(append(raw, '\n'))
	} else {
		c.show(p, &answer, len(asked.Lookups)+len(asked.Pairs))
	}
	if err == nil && c.Apply && answer.Applied == nil {
		err = errors.New("nothing was applied: no threshold could be certified")
	}
	return err
}

// request is what the service is asked: with the rows of the file, or for the
// labels it has.
func (c TuneCmd) request() (*tuneRequest, error) {
	asked := &tuneRequest{
		Namespace: c.Namespace, Labels: c.Labels != "", Source: c.Labels, Precision: c.Precision, RequestError: c.RequestError,
		Confidence: c.Confidence, PositiveRate: c.PositiveRate, Seed: c.Seed, Apply: c.Apply,
	}
	if asked.Labels {
		return asked, nil
	}
	rows, err := c.rows()
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Pair {
			asked.Pairs = append(asked.Pairs, newTuneRow(r))
		} else {
			asked.Lookups = append(asked.Lookups, newTuneRow(r))
		}
	}
	return asked, nil
}

func (c TuneCmd) show(p *process, a *tuneAnswer, labels int) {
	of := filepath.Base(c.File)
	if l := a.Labels; l != nil {
		of, labels = "labels of "+a.Namespace, l.Audits+l.Feedback
	}
	report := tuneReport{Result: a.Result, File: of, Labels: labels, Judge: a.Judge, At: a.At}
	report.write(p.Stdout)
	if l := a.Labels; l != nil {
		fmt.Fprintf(p.Stdout, "labels (%s): %d of audits, %d of feedback; left out: %d undecided, %d that this judge cannot score\n",
			l.Source, l.Audits, l.Feedback, l.Undecided, l.Skipped)
	}
	if a.Applied != nil {
		fmt.Fprintf(p.Stdout, "applied: version v%d of %s serves at %g\n", a.Applied.Version, a.Namespace, a.Applied.Threshold)
	}
}
