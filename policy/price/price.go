// What one call costs, and what its provider's prefix cache took off.

package price

import "github.com/askonce/askonce/internal/llm"

// Rates are prices in US dollars for a million tokens.
type Rates struct {
	Input     float64 `yaml:"input"`
	Cached    float64 `yaml:"cached"`     // read from the prefix cache; 0: as Input
	Write     float64 `yaml:"write"`      // written to it; 0: as Input
	WriteHour float64 `yaml:"write_hour"` // written to it for an hour; 0: as Write
	Output    float64 `yaml:"output"`
}

// Price is what a model's tokens cost.
type Price struct {
	Rates  `yaml:",inline"`
	UpTo   int64  `yaml:"up_to"`  // tokens of the longest prompt that Rates hold for; 0: of any
	Beyond *Rates `yaml:"beyond"` // for longer ones; nil: they have no price

	Source string `yaml:"-"` // the page, or "configuration"
	Date   string `yaml:"-"` // as of which day; "" for the configuration's
}

// Nanos are billionths of a US dollar: sums of them do not round.
type Nanos int64

// USD is n in dollars.
func (n Nanos) USD() float64 { return float64(n) / 1e9 }

// Cost is what a call costs.
type Cost struct {
	Total Nanos

	// Prefix is how much more it would have cost without the provider's prefix
	// cache; negative where writing to it cost more than reading saved.
	Prefix Nanos
}

// Of is the cost of a call; ok is false if there is no price for it.
func (p *Price) Of(used llm.Usage) (cost Cost, ok bool) {
	rates := p.For(used.Input)
	if rates == nil {
		return Cost{}, false
	}
	read := min(used.Cached, used.Input)
	written := min(used.Written, used.Input-read)
	hour := min(used.WrittenHour, written)
	fresh := used.Input - read - written
	input := float64(fresh)*rates.Input + float64(read)*rates.Cached + float64(written-hour)*rates.Write + float64(hour)*rates.WriteHour
	return Cost{
		Total:  nanos(input + float64(used.Output)*rates.Output),
		Prefix: nanos(float64(used.Input)*rates.Input - input),
	}, true
}

// For is the rates of a prompt of so many tokens; nil if there are none. A nil
// Price has none.
func (p *Price) For(prompt int64) *Rates {
	switch {
	case p == nil:
		return nil
	case p.UpTo == 0 || prompt <= p.UpTo:
		return &p.Rates
	}
	return p.Beyond
}

// nanos turns tokens times dollars for a million of them into nanodollars.
func nanos(micros float64) Nanos {
	if micros < 0 {
		return -nanos(-micros)
	}
	return Nanos(micros*1e3 + 0.5)
}

// filled is r with what it leaves out.
func (r Rates) filled() Rates {
	if r.Cached == 0 {
		r.Cached = r.Input
	}
	if r.Write == 0 {
		r.Write = r.Input
	}
	if r.WriteHour == 0 {
		r.WriteHour = r.Write
	}
	return r
}
