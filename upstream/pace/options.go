// What a Limiter can be told, its defaults, and what is wrong with it.

package pace

import (
	"errors"
	"fmt"
	"time"
)

// Options configure a [Limiter]. The zero value of every field but Ledger works.
type Options struct {
	// Ledger counts. Required.
	Ledger Ledger

	// MaxWait is how long a call of each lane waits that does not say so
	// itself. 0 is 2 s for P0, a minute for P1 and 15 minutes for P2.
	MaxWait [3]time.Duration

	// Shares are what a lane gets of what the lanes above it take while it
	// waits, so that it is never starved. That of P0 has no meaning. 0 is 0.2
	// for P1 and 0.05 for P2.
	Shares [3]float64

	// Headroom is how many of the latest interactive calls must find room at
	// once while there are such calls: the other lanes leave as much, up to a
	// quarter of a limit. In a window that much stays unused. 0 is 3; negative
	// leaves none.
	Headroom int

	// MaxWaiting bounds the calls that wait in one lane of one deployment.
	// 0 is 10,000.
	MaxWaiting int

	// MaxBytes bounds the memory that they hold. 0 is 64 MiB.
	MaxBytes int64

	// Quantum is how many tokens a tenant may spend in one turn. Smaller is
	// fairer over a short time. 0 is 1,000.
	Quantum int64

	// Recheck is how often a queue asks again that waits for calls to end. They
	// may end in another process. 0 is a second.
	Recheck time.Duration
}

func (o *Options) validate() error {
	var problems []error
	if o.Ledger == nil {
		problems = append(problems, errors.New("ledger: is required"))
	}
	for lane := range lanes {
		if o.MaxWait[lane] < 0 {
			problems = append(problems, fmt.Errorf("max_wait of %s: %s is negative", lane, o.MaxWait[lane]))
		}
		if share := o.Shares[lane]; !(share >= 0 && share <= 1) {
			problems = append(problems, fmt.Errorf("share of %s: %v is not between 0 and 1", lane, share))
		}
	}
	if o.MaxWaiting < 0 || o.MaxBytes < 0 || o.Quantum < 0 || o.Recheck < 0 {
		problems = append(problems, errors.New("max_waiting, max_bytes, quantum, recheck: must not be negative"))
	}
	return errors.Join(problems...)
}

func (o *Options) setDefaults() {
	for lane, wait := range [lanes]time.Duration{2 * time.Second, time.Minute, 15 * time.Minute} {
		setDefault(&o.MaxWait[lane], wait)
	}
	setDefault(&o.Shares[P1], 0.2)
	setDefault(&o.Shares[P2], 0.05)
	setDefault(&o.Headroom, 3)
	setDefault(&o.MaxWaiting, 10_000)
	setDefault(&o.MaxBytes, 64<<20)
	setDefault(&o.Quantum, 1_000)
	setDefault(&o.Recheck, time.Second)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
