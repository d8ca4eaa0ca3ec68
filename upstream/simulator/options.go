// What a Simulator can be told, and what is wrong with it.

package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Options configure a [Simulator]. The zero value answers any key at once.
type Options struct {
	// Answer makes the text of an answer out of the question; it must be safe
	// for concurrent use. nil restates the question.
	Answer func(Question) string

	// Latency is the time from a request to the first byte of its answer.
	Latency time.Duration

	// TokenInterval is the time between the chunks of a stream. At 0 they are
	// sent together.
	TokenInterval time.Duration

	// APIKeys are the bearer tokens that are accepted. With none, any token is,
	// and a request without one too.
	APIKeys []string

	// Models are the ids that exist; others are refused with 404. With none,
	// every model answers and /v1/models lists a few well-known ones.
	Models []string

	// Script is what happens to which request; see [Step].
	Script []Step

	// Limits are what each API key may use of each model, all at once; a call
	// that does not fit into all is refused with 429. With none, every call
	// fits.
	Limits []Limit

	// Charge is when tokens are counted. "" is [ChargeSettled].
	Charge Charge

	// PrefixCache is whether there is one; "" is [PrefixCacheOn].
	PrefixCache PrefixCache

	// Headers is how answers tell how the limits stand, and RetryHint how
	// refusals tell when to come back. "" is [OpenAIHeaders] and [RetrySeconds].
	Headers   HeaderSyntax
	RetryHint RetryHint
}

// Question is what [Options.Answer] gets to see of a request.
type Question struct {
	Model    string
	System   string    // system and developer text, joined by line ends
	Messages []Message // all turns, in order; one of role "user" for a completion's prompt
	Text     string    // the last user text
	Choice   int       // which of the n choices, from 0
}

// Message is one turn; parts that are not text are left out of Text.
type Message struct {
	Role string
	Text string
}

// validate returns every problem at once.
func (o Options) validate() error {
	var problems []error
	for name, d := range map[string]time.Duration{"Latency": o.Latency, "TokenInterval": o.TokenInterval} {
		if d < 0 {
			problems = append(problems, fmt.Errorf("%s: is negative; use 0 for none", name))
		}
	}
	for i, key := range o.APIKeys {
		if key == "" {
			problems = append(problems, fmt.Errorf("APIKeys[%d]: is empty; leave the list empty to accept any", i))
		}
	}
	problems = append(problems,
		oneOf("Charge", o.Charge, charges), oneOf("PrefixCache", o.PrefixCache, prefixCaches),
		oneOf("Headers", o.Headers, headerSyntaxes),
		oneOf("RetryHint", o.RetryHint, retryHints), validateLimits(o.Limits), validateSteps(o.Script))
	return errors.Join(problems...)
}

// oneOf is the problem of a word that is none of those known, and not empty.
func oneOf[S ~string](key string, word S, known []S) error {
	if word == "" || slices.Contains(known, word) {
		return nil
	}
	return fmt.Errorf("%s: %q is none of %s", key, word, join(known))
}
