// Strict reading of the REST API's bodies: what is wrong is named, all of it
// at once where that is possible, and nothing unknown is skipped in silence.

package api

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/internal/llm"
)

// unknown takes the members of a body that its type does not have.
type unknown = map[string]jsontext.Value

// decode reads body into into, whose strays are its unknown members. Locations
// in the fault begin with at.
func decode[T any](body []byte, at string, into *T, strays *unknown) error {
	if err := json.Unmarshal(body, into); err != nil {
		return badBody(unreadable(body, at, err))
	}
	if len(*strays) > 0 {
		return badBody(strange(*strays, at, memberNames(reflect.TypeFor[T]()))...)
	}
	return nil
}

// readInto reads the request's body and decodes it.
func readInto[T any](s *Server, r *http.Request, into *T, strays *unknown) error {
	body, err := s.readPlain(r)
	if err != nil {
		return err
	}
	return decode(body, "", into, strays)
}

// badBody is the fault for what is wrong with a body.
func badBody(details ...detail) *fault {
	parts := make([]string, len(details))
	for i, d := range details {
		parts[i] = d.Message
		if d.Location != "" {
			parts[i] = d.Location + ": " + d.Message
		}
	}
	return &fault{
		status: http.StatusBadRequest, code: "invalid_body",
		message: sentence(strings.Join(parts, "; ")), details: details,
	}
}

// unreadable says why a body could not be decoded.
func unreadable(body []byte, at string, err error) detail {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && semantic.GoType != nil {
		is, wanted := kindName(semantic.JSONKind), typeName(semantic.GoType)
		if is == wanted {
			is += " out of range"
		}
		return detail{
			Location: join(at, dotted(semantic.JSONPointer)),
			Message:  fmt.Sprintf("is %s where %s is wanted", is, wanted),
		}
	}
	var request *llm.RequestError
	if errors.As(llm.CheckJSON(body), &request) {
		return detail{Location: join(at, request.Param), Message: request.Message}
	}
	return detail{Location: at, Message: "is not the JSON that is wanted here"}
}

// strange names the unknown members, each with the known one it resembles.
func strange(members unknown, at string, known []string) []detail {
	var details []detail
	for name := range members {
		hint := "known are " + strings.Join(known, ", ")
		if near := nearest(name, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		details = append(details, detail{Location: join(at, clip(name)), Message: "is not a member of this body; " + hint})
	}
	slices.SortFunc(details, func(a, b detail) int { return strings.Compare(a.Location, b.Location) })
	return details
}

// clip bounds what a caller's text adds to a message.
func clip(name string) string {
	const most = 64
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "..."
}

// memberNames are the JSON names of a struct's fields.
func memberNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			names = append(names, memberNames(field.Type)...)
			continue
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// join puts two parts of a location together.
func join(at, below string) string {
	if at == "" || below == "" || strings.HasPrefix(below, "[") {
		return at + below
	}
	return at + "." + below
}

// dotted writes a JSON pointer as messages[2].role.
func dotted(pointer jsontext.Pointer) string {
	path := ""
	for token := range pointer.Tokens() {
		if token != "" && strings.Trim(token, "0123456789") == "" {
			path += "[" + token + "]"
		} else {
			path = join(path, clip(token))
		}
	}
	return path
}

// seconds is a whole number of them. JSON has no integers: 60, 60.0 and 6e1 are the same.
type seconds int64

// UnmarshalJSON reads any number without a fraction.
func (n *seconds) UnmarshalJSON(text []byte) error {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return errors.New("is not a whole number")
	}
	*n = seconds(f)
	return nil
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "a list"
	}
	return "an object"
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	case reflect.Pointer:
		return typeName(t.Elem())
	}
	return "an object"
}

// isNull reports whether a raw member is absent or null.
func isNull(raw jsontext.Value) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}
