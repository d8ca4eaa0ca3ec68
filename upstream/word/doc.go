// Package word reads what providers say of their limits in the headers of
// their answers, and puts it in the limiter's terms. It is pure: headers, axes
// and the time in, a [pace.Word] out. What it cannot read, the provider did
// not say.
//
// Read are x-ratelimit-limit-, -remaining- and -reset-requests and -tokens, as
// OpenAI, Azure and those who follow them send them; anthropic-ratelimit- with
// requests, tokens, input-tokens and output-tokens; the RateLimit and
// RateLimit-Policy fields of draft-ietf-httpapi-ratelimit-headers-10, as far as
// they count requests; and how long the provider asks to be left alone:
// retry-after-ms, or Retry-After in seconds or as a date (RFC 9110, section
// 10.2.3).
//
// A header names a unit, not an axis: where a deployment limits requests by the
// minute and by the day, the axis is the one with the limit that the header
// tells, or else the one with the shortest window that its reset fits into.
package word
