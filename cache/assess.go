// What the cache would know of two questions, without storing either.

package cache

import (
	"context"

	"github.com/askonce/askonce/policy/guard"
)

// Assess tells what the verdict would know of stored as a candidate for asked,
// both of the tenant's: the same steps as in a lookup, with the guards of rules, and
// the verifier if the pair reaches their floor and there is one. [Rules.Judge]
// turns it into a verdict. Errors are those of the embedder and the verifier;
// one for a text that is too long has a TooLong() bool method returning true.
func (c *Cache) Assess(ctx context.Context, tenant string, rules Rules, asked, stored string) (Assessment, error) {
	if c.embedder.off {
		return Assessment{}, errSkipped
	}
	a, err := c.embed(ctx, tenant, asked, patience{timeout: c.opts.EmbedTimeout})
	if err != nil {
		return Assessment{}, err
	}
	b, err := c.embed(ctx, tenant, stored, patience{timeout: c.opts.EmbedTimeout})
	if err != nil {
		return Assessment{}, err
	}
	is := Assessment{Similarity: dot(a, b), Refused: rules.Guards.Compare(guard.Read(asked), guard.Read(stored))}
	if c.verifier.off || is.Similarity < rules.Floor {
		return is, nil
	}
	pair := []assessed{{Candidate: Candidate{Text: stored, Similarity: is.Similarity}}}
	probabilities, err := c.verify(ctx, asked, pair, patience{timeout: c.opts.VerifyTimeout})
	if err != nil {
		return is, err
	}
	is.Verified, is.HasVerified = probabilities[0], true
	return is, nil
}
