package pace_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// A call is reserved with an estimate and settled with what it used. What would
// have to wait too long is told when to come back.
func ExampleLimiter() {
	tier, err := limit.Lookup("anthropic/build-free")
	if err != nil {
		fmt.Println(err)
		return
	}
	limiter, err := pace.New(pace.Options{Ledger: pace.NewLocal(func(string) ([]limit.Axis, bool) { return tier.Axes, true })})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer limiter.Close()

	request := pace.Request{Lane: pace.P0, Tenant: "acme", Deployment: pace.Claim{
		Subject: "anthropic/main",
		Amounts: limit.Amounts{limit.Requests: 1, limit.TotalTokens: 15_000},
	}}
	reservation, err := limiter.Reserve(context.Background(), request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reservation.Cancel() }() // nothing, once it is settled

	_, err = limiter.Reserve(context.Background(), request)
	var refusal *pace.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Reason, refusal.Axis, refusal.RetryAfter.Round(time.Second))
	}

	used := limit.Amounts{limit.Requests: 1, limit.TotalTokens: 900}
	if err := reservation.Settle(used, used); err != nil {
		fmt.Println(err)
	}
	_, err = limiter.Reserve(context.Background(), request)
	fmt.Println(err)
	// Output:
	// wait tokens 30s
	// <nil>
}
