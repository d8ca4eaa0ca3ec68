// What a call asks for, and what it is told when it cannot have it.

package pace

import (
	"errors"
	"fmt"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// Lane is how urgent a call is.
type Lane uint8

// The lanes, the most urgent first.
const (
	P0 Lane = iota // interactive: somebody waits
	P1             // standard
	P2             // background
	lanes
)

// String is the lane's name, such as "P0".
func (l Lane) String() string { return fmt.Sprintf("P%d", uint8(l)) }

// Claim is what a call wants of one subject.
type Claim struct {
	Subject string // "" is not limited
	Amounts limit.Amounts
}

// Request is a call before it is made. Its claims need not count
// [limit.Calls]: a request is one call, and counts as one.
type Request struct {
	Lane   Lane
	Tenant string // within a lane, tenants get equal shares

	// TenantLimits are taken first, and given back if the deployment refuses.
	TenantLimits Claim

	// Deployment must have a subject: it names the queue.
	Deployment Claim

	// Bytes is how much memory the call holds while it waits.
	Bytes int

	// MaxWait is how long the caller can wait. 0 is the lane's default;
	// negative does not wait. A deadline of the context bounds it as well.
	MaxWait time.Duration
}

// maxAmount bounds what one call can want, so that sums over a queue are exact.
const maxAmount = 1 << 40

// prepare returns every problem at once, and makes r count as one call.
func (r *Request) prepare() error {
	var problems []error
	if r.Lane >= lanes {
		problems = append(problems, fmt.Errorf("lane: %s is none of P0, P1, P2", r.Lane))
	}
	if r.Deployment.Subject == "" {
		problems = append(problems, errors.New("deployment: is required"))
	}
	if r.Bytes < 0 {
		problems = append(problems, fmt.Errorf("bytes: %d is negative", r.Bytes))
	}
	for _, claim := range []*Claim{&r.TenantLimits, &r.Deployment} {
		for u, n := range claim.Amounts {
			if n < 0 || n > maxAmount {
				problems = append(problems, fmt.Errorf("%s: %d is not between 0 and 2^40", limit.Unit(u), n))
			}
		}
		claim.Amounts[limit.Calls] = 1
	}
	return errors.Join(problems...)
}

// cost is what the tenant's share of the lane is charged: tokens, at least one.
func (r *Request) cost() int64 {
	a := r.Deployment.Amounts
	return max(a[limit.TotalTokens], a[limit.InputTokens]+a[limit.OutputTokens], 1)
}

// Reason is why a request was refused.
type Reason string

// Why requests are refused.
const (
	TooLong  Reason = "wait"     // it would have to wait longer than it can
	Expired  Reason = "deadline" // it waited as long as it could
	Full     Reason = "queue"    // the lane is full
	Evicted  Reason = "evicted"  // it made room for a tenant that had fewer waiting
	TooLarge Reason = "size"     // it is above a limit, and never fits
	Closed   Reason = "closed"   // the service is stopping
)

// Refusal is the error of a request that was not granted. It was taken from no
// limit.
type Refusal struct {
	Reason Reason

	// RetryAfter is when it would fit, as it looks now. 0 if that cannot be
	// known, or if it never fits.
	RetryAfter time.Duration

	Subject string // whose limit stands in the way; "" if none does
	Axis    string // and which; "" if it is a pause, or none
}

func (r *Refusal) Error() string {
	text := "pace: refused: " + string(r.Reason)
	if r.Subject != "" {
		text += fmt.Sprintf(": %s of %q", r.Axis, r.Subject)
	}
	if r.RetryAfter > 0 {
		text += fmt.Sprintf(", retry after %s", r.RetryAfter)
	}
	return text
}
