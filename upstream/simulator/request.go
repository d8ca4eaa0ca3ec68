// Requests for text: what chat and completions have in common, checked.

package simulator

import (
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/gjson"
)

// maxChoices is the largest n that OpenAI takes.
const maxChoices = 128

// textRequest is a checked request of chat or completions.
type textRequest struct {
	ep           endpoint
	doc          object
	stream       bool
	includeUsage bool
	choices      int // n
	maxTokens    int // 0: no bound
	stop         []string
	format       outputFormat
	questions    []Question // one, or a completion's several prompts
	digests      []uint64   // of each question with all that answers depend on
	promptTokens int
	trail        *trail // of a conversation
}

// readOptions reads the members that chat and completions share.
func (q *textRequest) readOptions() *apiError {
	q.choices = 1
	for _, check := range []*apiError{
		readBool(q.doc, "stream", &q.stream),
		readInt(q.doc, "n", 1, maxChoices, &q.choices),
		readInt(q.doc, "max_tokens", 1, 1<<31, &q.maxTokens),
		readInt(q.doc, "max_completion_tokens", 1, 1<<31, &q.maxTokens),
		checkNumber(q.doc, "temperature", 0, 2),
		checkNumber(q.doc, "top_p", 0, 1),
		q.readStreamOptions(),
		q.readStop("stop"),
	} {
		if check != nil {
			return check
		}
	}
	format := q.doc.get("response_format")
	q.format = outputFormat{format.Get("type").String(), format.Get("json_schema.schema")}
	return nil
}

// demand is what the request may cost.
func (q *textRequest) demand() demand {
	return demand{
		prompt: q.promptTokens, bounded: q.maxTokens > 0,
		output: q.maxTokens * q.choices * len(q.questions),
	}
}

func (q *textRequest) readStreamOptions() *apiError {
	options := q.doc.get("stream_options")
	switch {
	case !options.Exists() || options.Type == gjson.Null:
		return nil
	case !q.doc.get("stream").Bool():
		return invalid("stream_options", "", "'stream_options' goes with 'stream': true only.")
	case !options.IsObject():
		return invalid("stream_options", "invalid_type", "'stream_options' is not an object.")
	}
	return readBool(object{}.parse(options), "include_usage", &q.includeUsage)
}

func (q *textRequest) readStop(name string) *apiError {
	stop := q.doc.get(name)
	switch {
	case !stop.Exists() || stop.Type == gjson.Null:
		return nil
	case stop.Type == gjson.String:
		q.stop = []string{stop.Str}
		return nil
	case !stop.IsArray():
		return invalid(name, "invalid_type", "'"+name+"' is neither a string nor a list of strings.")
	}
	for _, s := range stop.Array() {
		q.stop = append(q.stop, s.String())
	}
	return nil
}

// cut ends a text as stop sequences and the token bound ask.
func (q *textRequest) cut(text string) (string, finishReason string) {
	for _, stop := range q.stop {
		if stop != "" {
			text, _, _ = strings.Cut(text, stop)
		}
	}
	if q.maxTokens > 0 {
		if short, cut := cutTokens(text, q.maxTokens); cut {
			return short, "length"
		}
	}
	return text, "stop"
}

// digest sums up strings, their borders included.
type digest struct{ xxhash.Digest }

func newDigest() *digest {
	var d digest
	d.Reset()
	return &d
}

func (d *digest) add(s string) {
	_, _ = d.WriteString(strconv.Itoa(len(s))) // never fails
	_, _ = d.WriteString(":")
	_, _ = d.WriteString(s)
}

// readBool reads an optional member.
func readBool(doc object, name string, into *bool) *apiError {
	v := doc.get(name)
	if v.Exists() && v.Type != gjson.Null && !v.IsBool() {
		return invalid(name, "invalid_type", "'"+name+"' is not a boolean.")
	}
	*into = v.Bool()
	return nil
}

// readInt reads an optional member, leaving into alone if it is absent.
func readInt(doc object, name string, low, high int64, into *int) *apiError {
	v := doc.get(name)
	switch {
	case !v.Exists() || v.Type == gjson.Null:
		return nil
	case v.Type != gjson.Number || v.Num != float64(v.Int()):
		return invalid(name, "invalid_type", "'"+name+"' is not an integer.")
	case v.Int() < low:
		return invalid(name, "integer_below_min_value", "'"+name+"' is less than "+strconv.FormatInt(low, 10)+".")
	case v.Int() > high:
		return invalid(name, "integer_above_max_value", "'"+name+"' is more than "+strconv.FormatInt(high, 10)+".")
	}
	*into = int(v.Int())
	return nil
}

// checkNumber checks an optional member that the simulator has no use for.
func checkNumber(doc object, name string, low, high float64) *apiError {
	v := doc.get(name)
	switch {
	case !v.Exists() || v.Type == gjson.Null:
		return nil
	case v.Type != gjson.Number:
		return invalid(name, "invalid_type", "'"+name+"' is not a number.")
	case v.Num < low:
		return invalid(name, "decimal_below_min_value", "'"+name+"' is too small.")
	case v.Num > high:
		return invalid(name, "decimal_above_max_value", "'"+name+"' is too large.")
	}
	return nil
}
