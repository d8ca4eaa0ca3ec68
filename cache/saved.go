// The sums that savings are told in.

package cache

import "github.com/askonce/askonce/policy/price"

// Saved is what was asked, saved and spent.
type Saved struct {
	Requests     int64 // lookups, and requests that joined a call
	ExactHits    int64
	SemanticHits int64
	Joined       int64 // shared the call of another request

	// What hits saved, by the usage and the duration of the answers' own calls.
	HitInput, HitOutput int64       // tokens that were not asked again
	HitUSD              price.Nanos // what asking again would have cost
	HitTime             int64       // milliseconds not waited

	// What calls used, as their answers reported it.
	Calls     int64
	Input     int64 // prompt tokens, cached ones included
	Cached    int64 // those that the provider read from its prefix cache
	Written   int64 // those that it wrote to it
	Output    int64
	SpentUSD  price.Nanos
	PrefixUSD price.Nanos // how much more they would have cost without the prefix cache

	Unpriced int64 // tokens of hits and calls that have no price
}

// measure is one sum of a Saved.
type measure int

const (
	requests measure = iota
	exactHits
	semanticHits
	joined
	hitInput
	hitOutput
	hitUSD
	hitTime
	calls
	input
	cached
	written
	output
	spentUSD
	prefixUSD
	unpriced
	measures
)

// measureNames are parts of counters' names: changing one is a migration.
var measureNames = [measures]string{
	"requests", "exact", "semantic", "joined", "hit_input", "hit_output", "hit_usd", "hit_ms",
	"calls", "input", "cached", "written", "output", "spent_usd", "prefix_usd", "unpriced",
}

// add adds n to a measure.
func (s *Saved) add(m measure, n int64) {
	switch m {
	case hitUSD:
		s.HitUSD += price.Nanos(n)
	case spentUSD:
		s.SpentUSD += price.Nanos(n)
	case prefixUSD:
		s.PrefixUSD += price.Nanos(n)
	default:
		*[measures]*int64{
			requests: &s.Requests, exactHits: &s.ExactHits, semanticHits: &s.SemanticHits, joined: &s.Joined,
			hitInput: &s.HitInput, hitOutput: &s.HitOutput, hitTime: &s.HitTime,
			calls: &s.Calls, input: &s.Input, cached: &s.Cached, written: &s.Written, output: &s.Output, unpriced: &s.Unpriced,
		}[m] += n
	}
}
