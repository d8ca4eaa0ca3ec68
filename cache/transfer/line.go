// One entry, or one row of a book, as a line, and back.

package transfer

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// line is an entry, a row of a book, or the end of the file.
type line struct {
	Key       string    `json:"key"`
	Scope     string    `json:"scope,omitzero"`
	Tenant    string    `json:"tenant"`
	Namespace string    `json:"namespace"`
	Kind      string    `json:"kind"`
	Model     string    `json:"model,omitzero"`
	Tags      []string  `json:"tags,omitempty"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`

	Usage  *tokens `json:"usage,omitzero"`
	TookMS int64   `json:"took_ms,omitzero"` // the provider's time for the answer

	Prompt         string `json:"prompt,omitzero"`
	PromptBase64   []byte `json:"prompt_base64,omitempty"`
	Response       string `json:"response,omitzero"`
	ResponseBase64 []byte `json:"response_base64,omitempty"`
	Vector         []byte `json:"vector,omitempty"`
}

// tokens are an entry's usage.
type tokens struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
	Cached int64 `json:"cached"`
}

// ending is the last line.
type ending struct {
	End     bool `json:"end"`
	Entries int  `json:"entries"`
}

// Item is what one line holds: an entry, or a row.
type Item struct {
	Entry  *cache.Entry
	Vector []float32 // nil if the line has none
	Row    *Row      // nil for an entry
}

// Row is a row of a book, see [cache.Books].
type Row struct {
	Book, Name string
	Value      []byte
}

// bookLine is a row as a line.
type bookLine struct {
	Book        string `json:"book"`
	Row         string `json:"row"`
	Value       string `json:"value,omitzero"`
	ValueBase64 []byte `json:"value_base64,omitempty"`
}

// appendRow writes a row and the end of its line.
func appendRow(dst []byte, r Row) ([]byte, error) {
	l := bookLine{Book: r.Book, Row: r.Name}
	l.Value, l.ValueBase64 = asText(r.Value)
	text, err := json.Marshal(&l)
	if err != nil {
		return dst, fmt.Errorf("transfer: a row of the book %s: %w", r.Book, plain(err))
	}
	return append(append(dst, text...), '\n'), nil
}

// row checks a row.
func (l *bookLine) row() (*Row, error) {
	r := &Row{Book: l.Book, Name: l.Row, Value: []byte(l.Value)}
	if len(l.ValueBase64) > 0 {
		r.Value = l.ValueBase64
	}
	return r, cache.CheckBookRow(r.Book, r.Name, r.Value)
}

// appendLine writes an item and the end of its line. A name that is not UTF-8
// is an error: JSON has no way to write it.
func appendLine(dst []byte, item Item) ([]byte, error) {
	e := item.Entry
	l := line{
		Key: e.Key.String(), Tenant: e.Meta.Tenant, Namespace: e.Meta.Namespace, Kind: e.Meta.Kind, Model: e.Meta.Model,
		Tags: e.Meta.Tags, Created: e.Meta.Created.UTC(), Expires: e.Meta.Expires.UTC(),
		TookMS: e.Took.Milliseconds(),
	}
	if e.Scope != (cache.Scope{}) {
		l.Scope = hex.EncodeToString(e.Scope[:])
	}
	if e.HasUsage {
		l.Usage = &tokens{e.Usage.Input, e.Usage.Output, e.Usage.Cached}
	}
	l.Prompt, l.PromptBase64 = asText([]byte(e.Prompt))
	l.Response, l.ResponseBase64 = asText(e.Response)
	for _, x := range item.Vector {
		l.Vector = binary.LittleEndian.AppendUint32(l.Vector, math.Float32bits(x))
	}
	text, err := json.Marshal(&l)
	if err != nil {
		return dst, fmt.Errorf("transfer: entry %s: %w", e.Key, plain(err))
	}
	return append(append(dst, text...), '\n'), nil
}

// asText gives the form that keeps every byte.
func asText(b []byte) (text string, raw []byte) {
	if utf8.Valid(b) {
		return string(b), nil
	}
	return "", b
}

// parseLine reads a line. end is true for the last one.
func parseLine(text []byte, dimensions int) (item Item, end bool, err error) {
	var l struct {
		line
		bookLine
		ending
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return Item{}, false, plain(err)
	}
	if l.End {
		return Item{}, true, nil
	}
	if l.Book != "" {
		row, err := l.row()
		return Item{Row: row}, false, err
	}
	e, err := l.entry()
	if err != nil {
		return Item{}, false, err
	}
	vector, err := parseVector(l.Vector, dimensions)
	if err == nil && vector != nil && !e.Searchable() {
		err = errors.New("it has a vector, and no scope or no prompt")
	}
	return Item{Entry: e, Vector: vector}, false, err
}

// plain is a JSON error without what stands in the file: that may be somebody's
// prompt.
func plain(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("it is not JSON from its byte %d on", syntax.ByteOffset)
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("the value of %s is not what belongs there", wrong.JSONPointer)
	}
	return errors.New("it is not a line of an export")
}

// entry checks all fields but the vector.
func (l *line) entry() (*cache.Entry, error) {
	key, err := cache.ParseKey(l.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	e := &cache.Entry{Key: key, Prompt: l.Prompt, Response: []byte(l.Response), Meta: cache.Meta{
		Tenant: l.Tenant, Namespace: l.Namespace, Kind: l.Kind, Model: l.Model, Tags: l.Tags,
		Created: l.Created, Expires: l.Expires,
	}}
	if l.Scope != "" {
		scope, err := cache.ParseKey(l.Scope)
		if err != nil {
			return nil, errors.New("scope has not 64 hexadecimal digits")
		}
		e.Scope = cache.Scope(scope)
	}
	if len(l.PromptBase64) > 0 {
		e.Prompt = string(l.PromptBase64)
	}
	if len(l.ResponseBase64) > 0 {
		e.Response = l.ResponseBase64
	}
	if u := l.Usage; u != nil {
		e.HasUsage, e.Usage = true, llm.Usage{Input: u.Input, Output: u.Output, Cached: u.Cached}
	}
	e.Took = time.Duration(l.TookMS) * time.Millisecond
	return e, checkEntry(e)
}

// checkEntry refuses what the cache would never have stored.
func checkEntry(e *cache.Entry) error {
	switch {
	case e.Key == cache.Key{}:
		return errors.New("key is zero")
	case e.Meta.Tenant == "" || e.Meta.Namespace == "" || e.Meta.Kind == "":
		return errors.New("tenant, namespace or kind is missing")
	case e.Meta.Created.IsZero() || !e.Meta.Expires.After(e.Meta.Created):
		return errors.New("created is missing, or expires is not behind it")
	case min(e.Usage.Input, e.Usage.Output, e.Usage.Cached) < 0:
		return errors.New("usage is negative")
	case e.Took < 0:
		return errors.New("took_ms is negative, or longer than a time can be")
	case !jsontext.Value(e.Response).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)):
		return errors.New("response is not one JSON value")
	}
	return nil
}

// unitSlack is how far a vector's length may be from 1.
const unitSlack = 0.01

// parseVector reads a vector; none is nil.
func parseVector(raw []byte, dimensions int) ([]float32, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if len(raw) != 4*dimensions {
		return nil, fmt.Errorf("vector has %d bytes, %d components take %d", len(raw), dimensions, 4*dimensions)
	}
	vector := make([]float32, dimensions)
	var sum float64
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		sum += float64(vector[i]) * float64(vector[i])
	}
	if length := math.Sqrt(sum); !(math.Abs(length-1) < unitSlack) { // NaN fails, too
		return nil, fmt.Errorf("vector has the length %.4g instead of 1", length)
	}
	return vector, nil
}
