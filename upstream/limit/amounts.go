// What is counted, and how much of it.

package limit

import "fmt"

// Unit is what an axis counts.
type Unit uint8

// The units that providers limit.
const (
	Requests     Unit = iota // calls begun
	InputTokens              // tokens sent
	OutputTokens             // tokens answered
	TotalTokens              // both, where the provider limits their sum
	Calls                    // calls under way, for Concurrency
	units
)

var unitNames = [units]string{"requests", "input_tokens", "output_tokens", "total_tokens", "calls"}

// String is the unit's name, such as "input_tokens".
func (u Unit) String() string {
	if u < units {
		return unitNames[u]
	}
	return fmt.Sprintf("unit(%d)", uint8(u))
}

// MarshalText is String.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what String writes.
func (u *Unit) UnmarshalText(text []byte) error {
	for i, name := range unitNames {
		if name == string(text) {
			*u = Unit(i)
			return nil
		}
	}
	return fmt.Errorf("unknown unit %q: use one of %q", text, unitNames)
}

// Amounts holds how much of each unit: Amounts{Requests: 1, TotalTokens: 300}.
// What is negative counts as 0.
type Amounts [units]int64

// Plus is the sum, each unit stopping at the largest integer.
func (a Amounts) Plus(b Amounts) Amounts {
	for u := range a {
		a[u] = addSat(max(a[u], 0), max(b[u], 0))
	}
	return a
}
