// Headers that tell how the limits stand, and when to come back.

package simulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HeaderSyntax is how answers tell how the limits stand.
type HeaderSyntax string

// The syntaxes. Where several limits count the same unit, they tell the one of
// the shortest window.
const (
	OpenAIHeaders    HeaderSyntax = "openai"    // x-ratelimit-remaining-tokens: 29700, reset after a duration
	AnthropicHeaders HeaderSyntax = "anthropic" // anthropic-ratelimit-tokens-remaining: 29700, reset at a time
	NoHeaders        HeaderSyntax = "none"
)

var headerSyntaxes = []HeaderSyntax{OpenAIHeaders, AnthropicHeaders, NoHeaders}

// RetryHint is how a refusal tells when to come back.
type RetryHint string

// The ways to tell, all rounded up.
const (
	RetrySeconds RetryHint = "seconds" // retry-after: 2
	RetryDate    RetryHint = "date"    // retry-after: an HTTP date
	RetryMillis  RetryHint = "ms"      // retry-after-ms: 1234, and retry-after: 2
	NoRetryHint  RetryHint = "none"
)

var retryHints = []RetryHint{RetrySeconds, RetryDate, RetryMillis, NoRetryHint}

// setStandings tells how the limits stand.
func setStandings(h http.Header, syntax HeaderSyntax, all []standing, now time.Time) {
	for _, unit := range []Unit{Requests, Tokens, InputTokens, OutputTokens} {
		s := shortest(all, unit)
		if s == nil {
			continue
		}
		name := strings.ReplaceAll(string(unit), "_", "-")
		limit, remaining := strconv.FormatInt(s.Amount, 10), strconv.FormatInt(s.remaining, 10)
		switch syntax {
		case AnthropicHeaders:
			h.Set("anthropic-ratelimit-"+name+"-limit", limit)
			h.Set("anthropic-ratelimit-"+name+"-remaining", remaining)
			h.Set("anthropic-ratelimit-"+name+"-reset", now.Add(s.reset+time.Second-1).UTC().Format(time.RFC3339))
		case NoHeaders:
		default:
			h.Set("x-ratelimit-limit-"+name, limit)
			h.Set("x-ratelimit-remaining-"+name, remaining)
			h.Set("x-ratelimit-reset-"+name, up(s.reset, time.Millisecond).String())
		}
	}
}

// shortest is the standing of a unit's limit with the shortest window; nil if
// there is none.
func shortest(all []standing, unit Unit) *standing {
	var best *standing
	for i, s := range all {
		if s.Unit == unit && (best == nil || s.window() < best.window()) {
			best = &all[i]
		}
	}
	return best
}

// setRetry tells when to come back.
func setRetry(h http.Header, hint RetryHint, wait time.Duration, now time.Time) {
	if wait == never || hint == NoRetryHint {
		return
	}
	switch hint {
	case RetryDate:
		h.Set("Retry-After", now.Add(wait+time.Second-1).UTC().Format(http.TimeFormat))
		return
	case RetryMillis:
		h.Set("Retry-After-Ms", strconv.FormatInt(up(wait, time.Millisecond).Milliseconds(), 10))
	}
	h.Set("Retry-After", strconv.FormatInt(int64(up(wait, time.Second)/time.Second), 10))
}

// up rounds d up to a multiple of unit.
func up(d, unit time.Duration) time.Duration { return (d + unit - 1).Truncate(unit) }

// tells reports whether an answer's headers tell anything of limits.
func tells(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "Anthropic-Ratelimit-") ||
			strings.HasPrefix(name, "Retry-After") {
			return true
		}
	}
	return false
}
