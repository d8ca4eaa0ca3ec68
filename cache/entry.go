package cache

import (
	"time"

	"github.com/askonce/askonce/internal/llm"
)

// Layer is the part of the cache that answered.
type Layer string

// The layers; LayerNone is a miss.
const (
	LayerNone     Layer = ""
	LayerExact    Layer = "exact"
	LayerSemantic Layer = "semantic"
)

// KindPrompt is the kind of entries that were stored under a bare prompt; all
// other kinds are endpoints. Prompt entries never answer an endpoint.
const KindPrompt = "prompt"

// Entry is one cached answer. It is shared between requests: read only.
type Entry struct {
	Key   Key
	Scope Scope // zero for answers that serve identical requests alone
	Meta  Meta

	// Prompt is the query text, or the prompt itself for prompt entries; ""
	// if the request had none.
	Prompt string

	// Response is the answer as one JSON value: the endpoint's whole document,
	// or what the caller stored under a prompt.
	Response []byte

	Usage    llm.Usage
	HasUsage bool

	// Took is how long the provider's answer took, its wait for limits
	// included, to the millisecond; 0 if it is not known.
	Took time.Duration
}

// Age is how long ago the answer was stored, in whole seconds (RFC 9111, 5.1).
func (e *Entry) Age(now time.Time) time.Duration {
	return max(0, now.Sub(e.Meta.Created)).Truncate(time.Second)
}

// weight is what the entry takes in the first-level cache, in bytes.
func (e *Entry) weight() int {
	const fixed = 512 // the struct, map slots and policy nodes
	n := fixed + len(e.Response) + len(e.Prompt)
	for _, tag := range e.Meta.Tags {
		n += len(tag) + 16
	}
	return n
}
