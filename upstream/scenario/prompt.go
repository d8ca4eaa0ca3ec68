// Requests of a known number of tokens, each one of its kind.

package scenario

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"github.com/askonce/askonce/upstream/simulator"
)

// words are one token each, for the simulator as for OpenAI's tokenizers.
var words = strings.Fields("time year people way day man thing woman life child world school state family " +
	"student group country problem hand part place case week company system program question work number night " +
	"point home water room mother area money story fact month right study book eye job word business issue")

const (
	chatTokens = 6 // of the one message and the answer's start
	markTokens = 7 // "load call" and four times three digits
)

// body is a chat request of load's size that holds the mark.
func (l Load) body(model string, mark uint64, random *rand.Rand) []byte {
	var prompt strings.Builder
	prompt.WriteString(simulator.CallMark(mark))
	for range l.Prompt - chatTokens - markTokens {
		prompt.WriteString(" " + words[random.IntN(len(words))])
	}
	doc, err := json.Marshal(map[string]any{
		"model": model, "max_tokens": l.Output,
		"messages": []map[string]string{{"role": "user", "content": prompt.String()}},
	})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return doc
}

// answer is longer than any load lets it be.
func answer(simulator.Question) string { return strings.Repeat("word ", 1_000) }
