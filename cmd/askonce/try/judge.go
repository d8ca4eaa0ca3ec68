// What an answer was worth: whether it belongs to the question.

package try

import (
	"errors"
	"fmt"
	"time"

	"github.com/askonce/askonce/policy/price"
)

// judge follows a run.
type judge struct {
	simulated bool
	price     *price.Price // that savings are counted at
	started   time.Time
	stored    map[string]Question // by the entry that the question's answer became

	asked, rewordings, rewordingsServed, nearMisses int

	exact, semantic, misses []time.Duration
	saved                   usage
	wrong                   []WrongHit
	failures                []Failure
}

// record takes one question's reply, or why there is none.
func (j *judge) record(q Question, r reply, err error) {
	j.asked++
	if q.Kind == Rewording {
		j.rewordings++
	}
	if q.Kind == First && q.Group.Near != "" {
		j.nearMisses++
	}
	if err == nil && r.layer == "" {
		err = j.miss(q, r)
	} else if err == nil {
		err = j.hit(q, r)
	}
	if err != nil {
		j.failures = append(j.failures, Failure{Asked: q.Text, Error: err.Error()})
	}
}

// miss is an answer of the provider. Its text shows whether it came through
// unharmed.
func (j *judge) miss(q Question, r reply) error {
	j.misses = append(j.misses, r.took)
	if r.entry != "" {
		j.stored[r.entry] = q
	}
	if j.simulated && r.text != q.Group.Answer {
		return errors.New("the provider's answer did not arrive as it was given")
	}
	return nil
}

// hit is an answer from the cache: right if the question it was given to is of
// the same group.
func (j *judge) hit(q Question, r reply) error {
	switch r.layer {
	case "exact":
		j.exact = append(j.exact, r.took)
	case "semantic":
		j.semantic = append(j.semantic, r.took)
	default:
		return fmt.Errorf("the answer came from the unknown layer %q", r.layer)
	}
	j.saved.Input += r.usage.Input
	j.saved.Output += r.usage.Output
	source, known := j.stored[r.entry]
	if !known || source.Group != q.Group {
		j.wrong = append(j.wrong, WrongHit{Asked: withHistory(q), AnsweredWith: withHistory(source), Layer: r.layer, Similarity: r.similarity})
		return nil
	}
	if j.simulated && r.text != q.Group.Answer {
		return errors.New("the entry is the right one, its text is not")
	}
	if q.Kind == Rewording && r.layer == "semantic" {
		j.rewordingsServed++
	}
	return nil
}

// withHistory is a question as it is shown: after what was said before.
func withHistory(q Question) string {
	switch {
	case q.Group == nil:
		return "(an entry that this run did not store)"
	case len(q.Group.History) > 0:
		return q.Group.History[0] + " … " + q.Text
	}
	return q.Text
}
