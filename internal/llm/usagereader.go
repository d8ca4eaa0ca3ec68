// The usage of an answer, read from its bytes as they pass.

package llm

// maxUsage bounds a usage object; real ones have some hundred bytes.
const maxUsage = 16 << 10

// UsageReader finds what an answer used while its bytes pass by, in a document
// or in the events of a stream, of any endpoint: each "usage" object that is
// the document's own or one level below it (where Anthropic's message_start
// and OpenAI's response.completed have theirs). It keeps none of the bytes but
// a usage object's, looks at each once, and does not check the syntax. The
// zero value is not usable; see NewUsageReader. It is not safe for concurrent
// use.
type UsageReader struct {
	events bool // the documents are the data lines of a stream
	line   lineState
	prefix int // bytes of "data:" seen in this line

	objects  uint64 // which of the innermost 64 containers are objects; the innermost is bit 0
	depth    int
	inString bool
	escaped  bool
	wantName bool // the next string is a member's name
	name     [maxName]byte
	nameLen  int // above maxName: longer than any that matters

	captured   []byte // the usage object at hand
	capturedAt int    // its depth; 0: none

	usage Usage
	found bool
	text  int64
}

// maxName is the length of the longest name that is looked for.
const maxName = len("reasoning_content")

type lineState byte

const (
	lineBegins lineState = iota
	lineOfData
	lineSkipped
)

// NewUsageReader returns a reader for one answer: a document, or a stream of
// events.
func NewUsageReader(events bool) *UsageReader {
	return &UsageReader{events: events}
}

// Usage is what the answer has reported so far, and whether it did. Reports of
// one stream add to each other: Anthropic tells the input first, the output at
// the end.
func (r *UsageReader) Usage() (Usage, bool) { return r.usage, r.found }

// TextBytes is how many bytes of text, as JSON writes it, the answer has had
// so far: what there is to go by if it breaks off before its usage.
func (r *UsageReader) TextBytes() int64 { return r.text }

// Write takes the next bytes of the answer, cut anywhere. It never fails.
func (r *UsageReader) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		switch {
		case r.events && r.line != lineOfData:
			i += r.beginLine(p[i:])
		case r.inString:
			i += r.inside(p[i:])
		default:
			r.structural(p[i])
			i++
		}
	}
	return len(p), nil
}

// beginLine reads a line's field name, or skips a line that has no data.
func (r *UsageReader) beginLine(p []byte) int {
	const data = "data:"
	for i, c := range p {
		switch {
		case c == '\n' || c == '\r':
			r.line, r.prefix = lineBegins, 0
		case r.line == lineSkipped:
		case c != data[r.prefix]:
			r.line = lineSkipped
		case r.prefix < len(data)-1:
			r.prefix++
		default:
			r.newDocument()
			r.line = lineOfData
			return i + 1
		}
	}
	return len(p)
}

func (r *UsageReader) newDocument() {
	r.depth, r.objects = 0, 0
	r.inString, r.escaped, r.wantName, r.nameLen = false, false, false, 0
	r.captured, r.capturedAt = r.captured[:0], 0
}

// inside reads on within a string and returns how many bytes it read.
func (r *UsageReader) inside(p []byte) int {
	i := 0
	if r.escaped {
		r.escaped, i = false, 1
	}
	for i < len(p) && p[i] != '"' && p[i] != '\\' && p[i] != '\n' {
		i++
	}
	read := i
	if i < len(p) {
		read++
		switch p[i] {
		case '"':
			r.inString = false
		case '\\':
			r.escaped = true
		case '\n': // in no string of a stream: the line was broken off
			if r.events {
				r.line, r.prefix = lineBegins, 0
			}
		}
	}
	r.stringBytes(p[:i])
	r.capture(p[:read])
	return read
}

// stringBytes takes a part of a string's content.
func (r *UsageReader) stringBytes(part []byte) {
	if !r.wantName {
		if isText[string(r.name[:min(r.nameLen, maxName)])] {
			r.text += int64(len(part))
		}
		return
	}
	if r.nameLen+len(part) <= maxName {
		copy(r.name[r.nameLen:], part)
	}
	r.nameLen += len(part)
}

// isText are the members that hold what a model wrote, in all dialects.
var isText = map[string]bool{
	"content": true, "text": true, "arguments": true, "refusal": true, "delta": true, "reasoning": true,
	"reasoning_content": true, "thinking": true, "partial_json": true,
}

// structural reads a byte that is in no string.
func (r *UsageReader) structural(c byte) {
	switch c {
	case '"':
		r.inString = true
		if r.wantName {
			r.nameLen = 0
		}
	case ':':
		r.wantName = false
	case ',':
		r.wantName = r.objects&1 == 1
		r.nameLen = 0
	case '{':
		if r.capturedAt == 0 && r.depth >= 1 && r.depth <= 2 && !r.wantName && string(r.name[:min(r.nameLen, maxName)]) == "usage" {
			r.capturedAt = r.depth + 1
		}
		r.open(1)
	case '[':
		r.open(0)
	case '}', ']':
		r.close(c)
		return
	case '\n', '\r':
		if r.events {
			r.line, r.prefix = lineBegins, 0
			return
		}
	}
	if r.capturedAt > 0 {
		r.capture([]byte{c})
	}
}

func (r *UsageReader) open(object uint64) {
	r.depth++
	r.objects = r.objects<<1 | object
	r.wantName, r.nameLen = object == 1, 0
}

func (r *UsageReader) close(c byte) {
	if r.capturedAt > 0 {
		r.capture([]byte{c})
		if r.depth == r.capturedAt {
			r.report()
		}
	}
	r.depth = max(r.depth-1, 0)
	r.objects >>= 1
	r.wantName, r.nameLen = false, 0
}

func (r *UsageReader) capture(p []byte) {
	if r.capturedAt == 0 {
		return
	}
	if len(r.captured)+len(p) > maxUsage {
		r.captured, r.capturedAt = r.captured[:0], 0
		return
	}
	r.captured = append(r.captured, p...)
}

// report adds the captured usage object.
func (r *UsageReader) report() {
	doc := borrowTape(0)
	defer doc.release()
	if doc.parse(r.captured) == nil {
		if u, ok := reportedUsage(doc.root()); ok {
			r.usage = r.usage.with(u)
			r.found = true
		}
	}
	r.captured, r.capturedAt = r.captured[:0], 0
}

// with is what two reports of one answer say together.
func (u Usage) with(other Usage) Usage {
	return Usage{
		Input: max(u.Input, other.Input), Output: max(u.Output, other.Output), Cached: max(u.Cached, other.Cached),
		Written: max(u.Written, other.Written), WrittenHour: max(u.WrittenHour, other.WrittenHour),
	}
}

// reportedUsage reads a usage object of any dialect. Anthropic's input tokens
// are without those that its cache read or wrote.
func reportedUsage(usage value) (Usage, bool) {
	if u, ok := usageOf(usage); ok {
		return u, true
	}
	input, hasInput := countOf(usage.at("input_tokens"))
	output, hasOutput := countOf(usage.at("output_tokens"))
	read, _ := countOf(usage.at("cache_read_input_tokens"))
	written, _ := countOf(usage.at("cache_creation_input_tokens"))
	hour, _ := countOf(usage.at("cache_creation").at("ephemeral_1h_input_tokens"))
	details := usage.at("input_tokens_details")
	cached, _ := countOf(details.at("cached_tokens"))
	within, _ := countOf(details.at("cache_write_tokens"))
	return Usage{
		Input: input + read + written, Output: output, Cached: max(cached, read), Written: written + within, WrittenHour: min(hour, written),
	}, hasInput || hasOutput
}
