// The estimator: a call in, the tokens that it will take out.

package estimate

import (
	"log/slog"
	"math"

	"github.com/askonce/askonce/internal/llm"
)

const (
	// usualOutput is what an answer is expected to have while nothing is known.
	usualOutput = 512

	// expected is the share of answers that are no longer than expected. What
	// is not used is given back when the call ends; what is used beyond has to
	// be made up for by others.
	expected = 0.9

	maxModels     = 1 << 10
	maxNamespaces = 1 << 12
)

// Estimator estimates and learns. It is safe for concurrent use.
type Estimator struct {
	tokenizers *tokenizers
	factors    *bounded[measure, factor]
	lengths    *bounded[writer, lengths]
}

// measure is a way to count for a model.
type measure struct {
	model   string
	byBytes bool
}

// writer is whose answers are alike in length.
type writer struct{ model, namespace string }

// New returns an Estimator that has learned nothing. Its tokenizers log to log
// if they cannot be loaded.
func New(log *slog.Logger) *Estimator {
	return &Estimator{
		tokenizers: newTokenizers(log),
		factors:    newBounded[measure, factor](maxModels),
		lengths:    newBounded[writer, lengths](maxNamespaces),
	}
}

// Close waits for what is being loaded.
func (e *Estimator) Close() { e.tokenizers.loading.Wait() }

// Demand is what a call is estimated to take.
type Demand struct {
	Input   int64 // tokens sent
	Output  int64 // tokens expected in the answer
	Allowed int64 // the most that the answer may have; 0 if the request does not say

	counted float64
	choices int64
	measure measure
	writer  writer
}

// Demand estimates what call will take of model, which may be another one than
// the call names.
func (e *Estimator) Demand(call *llm.Call, model string) Demand {
	request := readRequest(call.Body)
	d := Demand{
		choices: request.choices, Allowed: request.allowed * request.choices,
		measure: measure{model: model}, writer: writer{model, call.Namespace},
	}
	text := request.text.String()
	if count := e.tokenizers.of(model); count != nil {
		d.counted = count.count(text)
	} else {
		d.measure.byBytes = true
		d.counted = countBytes(text)
	}
	d.counted += float64(request.tokens)
	e.factors.with(d.measure, func(f *factor) { d.Input = int64(math.Ceil(d.counted * f.value())) })
	if call.Endpoint != llm.Embeddings && d.Input > 0 {
		d.Output = e.output(&d, request.allowed) * d.choices
	}
	return d
}

// output is what one answer is expected to have.
func (e *Estimator) output(d *Demand, allowed int64) int64 {
	tokens := int64(usualOutput)
	e.lengths.with(d.writer, func(l *lengths) {
		if learned, ok := l.quantile(expected); ok {
			tokens = learned
		}
	})
	if allowed > 0 {
		return min(tokens, allowed)
	}
	return tokens
}

// Learn takes what a call of d used, as its provider reported it.
func (e *Estimator) Learn(d Demand, used llm.Usage) {
	if d.counted > 0 && used.Input > 0 {
		e.factors.with(d.measure, func(f *factor) { f.learn(float64(used.Input) / d.counted) })
	}
	if d.Output > 0 {
		e.lengths.with(d.writer, func(l *lengths) { l.learn((used.Output + d.choices - 1) / d.choices) })
	}
}

// Text is how many tokens an answer's text has that is so many bytes long: a
// guess, for answers that broke off before their usage.
func (e *Estimator) Text(bytes int64) int64 { return (bytes + bytesPerToken - 1) / bytesPerToken }
