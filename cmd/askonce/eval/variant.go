// The four ways to decide that are compared.

package eval

import (
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

// Variants are the names of what is compared, in order of report.
var Variants = [...]string{"cosine", "cosine_guards", "verified", "verified_guards"}

// variants are the rules of each variant that can be measured, in that order.
func (o *Options) variants() []cache.Rules {
	without := func(r cache.Rules) cache.Rules { r.Guards = guard.None; return r }
	list := []cache.Rules{without(o.Cosine), o.Cosine, without(o.Verified), o.Verified}
	if !o.HasVerifier {
		return list[:2]
	}
	return list
}

// score is the number that a threshold under the rules acts on, never if the
// pair is refused whatever the threshold.
func score(rules cache.Rules, a cache.Assessment) float64 {
	a.Refused &= rules.Guards
	if s, refused := rules.ScoreOf(a); !refused {
		return s
	}
	return never
}
