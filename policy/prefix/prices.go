// What a provider asks for writing and reading a cached prefix, and from which
// length on it keeps one.

package prefix

import "strings"

// Prices are relative to that of an input token (Anthropic, "Prompt caching",
// https://docs.claude.com/en/docs/build-with-claude/prompt-caching, 2026-11).
const (
	readPrice      = 0.1
	writePrice     = 1.25 // kept for 5 minutes
	writePriceHour = 2.0  // kept for an hour
)

// leastTokens are the lengths in tokens from which on Anthropic's models keep a
// prefix, by a part of the model's name (same source); the first that matches
// counts.
var leastTokens = []struct {
	name   string
	tokens int
}{
	{"opus-4-5", 4096}, {"opus-4-6", 4096}, {"opus-4-7", 4096}, {"haiku-4-5", 4096}, {"sonnet-4-6", 2048},
	{"haiku-3-5", 2048}, {"3-5-haiku", 2048}, {"3-haiku", 2048}, {"opus-5", 512}, {"sonnet", 1024}, {"opus", 1024},
}

// unknownLeast is for models that the list does not know: the longest of all,
// since a mark below the least length is wasted.
const unknownLeast = 4096

// LeastTokens is the length in tokens from which on a model's provider keeps a
// prefix.
func LeastTokens(model string) int {
	for _, m := range leastTokens {
		if strings.Contains(model, m.name) {
			return m.tokens
		}
	}
	return unknownLeast
}

// OpenAI keeps prefixes from so many tokens on, in steps ("Prompt caching",
// https://platform.openai.com/docs/guides/prompt-caching, 2026-11).
const (
	automaticLeast = 1024
	automaticStep  = 128
)

// Automatic is how many tokens of a prefix a provider keeps that needs no marks,
// by OpenAI's rule.
func Automatic(tokens int) int {
	if tokens < automaticLeast {
		return 0
	}
	return tokens - tokens%automaticStep
}
