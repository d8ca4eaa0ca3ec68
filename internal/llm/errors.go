// What is wrong with a request body, and the error bodies of the providers' APIs.

package llm

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// RequestError says what is wrong with a request body and where.
type RequestError struct {
	Param   string // the member, as a path such as "messages[2].role"; "" for the whole body
	Message string // what is wrong and the way out; holds no prompt text
}

func (e *RequestError) Error() string {
	if e.Param == "" {
		return e.Message
	}
	return e.Param + ": " + e.Message
}

// CheckJSON reports whether doc is one JSON value without duplicate member
// names and in valid UTF-8. The error is a *RequestError.
func CheckJSON(doc []byte) error {
	t := borrowTape(maxRequestNodes)
	defer t.release()
	return t.parse(doc)
}

// syntaxError turns what the decoder found in src into a RequestError. The
// decoder's own text is not passed on: it quotes the body.
func syntaxError(src []byte, err error) *RequestError {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax) && errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return &RequestError{
			Param:   memberPath(syntax.JSONPointer),
			Message: "the member is there more than once; send it once",
		}
	case !utf8.Valid(src):
		return &RequestError{Message: fmt.Sprintf("the body is not valid UTF-8 at byte %d; encode it as UTF-8", firstInvalid(src))}
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return &RequestError{Message: fmt.Sprintf("the body ends after %d bytes in the middle of the JSON; send all of it", len(src))}
	case syntax != nil:
		return &RequestError{Message: fmt.Sprintf("the body is not valid JSON at byte %d; check quotes, commas and escapes there", syntax.ByteOffset)}
	}
	return &RequestError{Message: "the body is not valid JSON; send one JSON object"}
}

// firstInvalid is the offset of the first byte that is not UTF-8.
func firstInvalid(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(src)
}

// maxPathToken bounds what one member name adds to a path, in bytes: a name is
// the caller's, and may be of any length.
const maxPathToken = 64

// memberPath writes a JSON pointer as OpenAI writes the param of its errors.
func memberPath(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		if isIndex(token) {
			path.WriteString("[" + token + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(shortened(token))
	}
	return path.String()
}

// shortened cuts a long member name, at a rune.
func shortened(name string) string {
	if len(name) <= maxPathToken {
		return name
	}
	cut := maxPathToken
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "..."
}

// isIndex reports whether a pointer's token looks like an array index.
func isIndex(token string) bool {
	for i := range len(token) {
		if token[i] < '0' || token[i] > '9' {
			return false
		}
	}
	return token != ""
}

// AppendError appends an error body in the shape of OpenAI's API:
// {"error":{"message","type","param","code"}}; param and code null when "".
func AppendError(dst []byte, kind, code, param, message string) []byte {
	dst = appendQuoted(append(dst, `{"error":{"message":`...), message)
	dst = appendQuoted(append(dst, `,"type":`...), kind)
	dst = appendQuotedOrNull(append(dst, `,"param":`...), param)
	dst = appendQuotedOrNull(append(dst, `,"code":`...), code)
	return append(dst, `}}`...)
}

// AppendAnthropicError appends an error body in the shape of Anthropic's API:
// {"type":"error","error":{"type","message"}}.
func AppendAnthropicError(dst []byte, kind, message string) []byte {
	dst = appendQuoted(append(dst, `{"type":"error","error":{"type":`...), kind)
	dst = appendQuoted(append(dst, `,"message":`...), message)
	return append(dst, `}}`...)
}

// appendQuotedOrNull appends null for the empty string.
func appendQuotedOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, `null`...)
	}
	return appendQuoted(dst, s)
}

// appendQuoted appends s as a JSON string; bytes that are not UTF-8 become the
// replacement character.
func appendQuoted(dst []byte, s string) []byte {
	dst, err := jsontext.AppendQuote(dst, s)
	_ = err // says only that a replacement took place
	return dst
}
