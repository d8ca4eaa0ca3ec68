// The words of explanations: what reasons mean, in a sentence.

package api

import "github.com/askonce/askonce/policy/prefix"

// movedFor says why a text of a reason is moved.
var movedFor = map[string]string{
	"clock_time":     "tells a time of day",
	"timestamp":      "holds a timestamp",
	"date":           "tells today's date",
	"uuid":           "holds a UUID",
	"id":             "holds an id",
	"session_fact":   "belongs to one session or user",
	"learned":        "was another one in each of the last requests",
	"order":          "the order means nothing, so a stable one is used",
	"after_question": "documents go before the question, so that questions about them share a prefix",
}

// heldFor says why a text stays where it is.
var heldFor = map[string]string{
	"observe":      "this mode only observes",
	"mid_sentence": "it cannot be taken out of its sentence",
	"structure":    "it stands in code, a numbered list or a tagged block",
	"heading":      "it needs the heading that it stands under",
	"referred_to":  "what follows refers to it",
	"positions":    "the text speaks of what is above or below",
	"unclear_end":  "where its sentence ends is not certain",
	"no_gain":      "something that changes with each request, and stays, stands before it",
	"cue":          "the text ends with what the answer continues",
}

// endsFor says why a stable prefix ends.
var endsFor = map[string]string{
	"label":      "what belongs to this request alone begins here",
	"question":   "the user's text begins here, of which nothing is known yet",
	"new_turns":  "what has come since the last request of the conversation begins here",
	"not_common": "a turn that is not understood",
}

// marksHeldFor says why no mark is set.
var marksHeldFor = map[string]string{
	"callers_marks": "the caller has set marks",
	"too_short":     "no prefix is long enough for the model to keep",
	"no_saving":     "writing a prefix would cost more than reading it is expected to save",
	"check_failed":  "the marked body was not the same prompt",
}

// WhyNoMarks is MarksHeld in a sentence.
func (x *Explanation) WhyNoMarks() string { return orWord(marksHeldFor, x.MarksHeld) }

func whyMoved(m *prefix.Move) string {
	why := orWord(movedFor, m.Reason)
	if m.Held != "" {
		why += "; " + orWord(heldFor, m.Held)
	}
	return why
}

func whyEnds(s *prefix.Stable) string {
	switch words, ok := endsFor[s.Reason]; {
	case s.Reason == "":
		return "nothing in the prompt looks as if it changed from request to request"
	case ok:
		return words
	}
	return "a text that " + orWord(movedFor, s.Reason)
}

// orWord is what a reason means, or the reason.
func orWord(words map[string]string, reason string) string {
	if meaning, ok := words[reason]; ok {
		return meaning
	}
	return reason
}
