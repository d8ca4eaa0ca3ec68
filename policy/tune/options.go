// What a calibration is asked for, and what is wrong with that.

package tune

import (
	"fmt"
	"math"
	"strings"
)

// Options say what is to be promised. The zero value asks for a precision of
// 0.97 with a confidence of 0.95, of lookups as they come.
type Options struct {
	// Precision is the least share of hits that are right; 0.97 if 0 and
	// RequestError is 0 too.
	Precision float64

	// RequestError is the largest share of requests that get a wrong answer,
	// to be asked for instead of a precision.
	RequestError float64

	Confidence float64 // 0.95 if 0

	// PositiveRate says that the samples are pairs, and which share of the
	// nearest candidates is right where the service is used. 0: the samples
	// are lookups as they come.
	PositiveRate float64

	// Seed splits the sample.
	Seed uint64

	// Now is the threshold that serves at present, to compare with; nil: none.
	Now *float64
}

// Defaults of Options.
const (
	DefaultPrecision  = 0.97
	DefaultConfidence = 0.95
)

func (o *Options) setDefaults() {
	if o.Precision == 0 && o.RequestError == 0 {
		o.Precision = DefaultPrecision
	}
	if o.Confidence == 0 {
		o.Confidence = DefaultConfidence
	}
}

func (o *Options) measure() measure { return measure{rate: o.PositiveRate, delta: 1 - o.Confidence} }

// Problem is one thing that is wrong with what a calibration was asked.
type Problem struct {
	Field string // as in the API; "" for the sample as a whole
	Text  string // what is wrong, and the way out
}

// InputError says all that is wrong with a sample or with options.
type InputError struct {
	// Code is one word for the worst of it: "invalid" for options and rows,
	// "no_labels", "one_class", "contradiction", "too_few".
	Code     string
	Problems []Problem
}

// Error lists the problems.
func (e *InputError) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Text
		if p.Field != "" {
			parts[i] = p.Field + ": " + p.Text
		}
	}
	return strings.Join(parts, "; ")
}

func refuse(code, field, format string, args ...any) *InputError {
	return &InputError{Code: code, Problems: []Problem{{field, fmt.Sprintf(format, args...)}}}
}

// Check returns every problem of the options, as an *InputError, or nil.
func (o Options) Check() error {
	e := &InputError{Code: "invalid"}
	inside := func(field string, value float64, open bool) {
		if !(value > 0 && value < 1) && !(open && value == 0) {
			e.Problems = append(e.Problems, Problem{field, fmt.Sprintf("%v is not between 0 and 1", value)})
		}
	}
	inside("precision", o.Precision, true)
	inside("request_error", o.RequestError, true)
	inside("confidence", o.Confidence, true)
	inside("positive_rate", o.PositiveRate, true)
	if o.Precision != 0 && o.RequestError != 0 {
		e.Problems = append(e.Problems, Problem{"request_error", "a precision is asked for as well; ask for one of the two"})
	}
	if o.Now != nil && (math.IsNaN(*o.Now) || math.IsInf(*o.Now, 0)) {
		e.Problems = append(e.Problems, Problem{"now", "is not a number"})
	}
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}
