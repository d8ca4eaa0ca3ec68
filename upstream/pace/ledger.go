// Where the limits are counted: the seam behind the queue.

package pace

import (
	"context"

	"github.com/askonce/askonce/upstream/limit"
)

// Ledger counts what subjects have used. A subject is one deployment or one
// tenant. [Local] counts in this process; a ledger that replicas share counts
// for all of them, and falls back on counting alone when it cannot be reached:
// an error fails the call that waits for it.
//
// A Ledger is safe for concurrent use. Times are of this process's clock: a
// ledger with a clock of its own translates.
type Ledger interface {
	// Take takes what ask wants of all axes of the subject, or nothing. A
	// verdict that is not OK is no error; it tells when to ask again, which is
	// when it fits or, where others may give back without a word, before.
	Take(ctx context.Context, subject string, ask limit.Ask) (limit.Grant, limit.Verdict, error)

	// Project tells when ask could be taken if ahead were taken before it.
	Project(ctx context.Context, subject string, ahead limit.Amounts, ask limit.Ask) (limit.Verdict, error)

	// Settle replaces a grant's estimate by what its call used. It is called
	// once for each grant.
	Settle(ctx context.Context, subject string, grant limit.Grant, bill Bill) error

	// Adjust passes on what the provider said in answer to a grant's call.
	Adjust(ctx context.Context, subject string, grant limit.Grant, word Word) error
}

// Bill is what became of a grant.
type Bill struct {
	Unsent bool          // the provider never heard of the call: all is given back
	Used   limit.Amounts // otherwise, what the call used
}

// Word is what a provider said about a subject.
type Word struct {
	Axes  []limit.Word
	Pause limit.Instant // nothing before, as Retry-After asks; 0 if it did not ask
}
