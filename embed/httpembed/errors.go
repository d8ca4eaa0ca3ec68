package httpembed

// The kinds of errors.

import (
	"fmt"
	"net/http"
	"strings"
)

// StatusError is a refusal by the service.
type StatusError struct {
	Status int    // of HTTP
	Code   string // the service's own, "" if it gave none
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("the service answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	switch {
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		s += ": check APIKey"
	case e.Status == http.StatusNotFound:
		s += ": check BaseURL and Model"
	case e.Status/100 == 3:
		s += ": redirects are not followed, give the final BaseURL"
	}
	return s
}

// TooLongError says that the service takes no text as long as one that it was
// given.
type TooLongError struct {
	Status int
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("a text is too long for the model (status %d)", e.Status)
}

// TooLong tells this error from others without importing the package.
func (e *TooLongError) TooLong() bool { return true }

// AnswerError is an answer that is not what was asked for.
type AnswerError struct {
	Reason string
}

func (e *AnswerError) Error() string { return e.Reason }

func answerError(format string, args ...any) error {
	return &AnswerError{Reason: fmt.Sprintf(format, args...)}
}

// saysTooLong looks for the words of services that refuse a long text with a
// general status and no code that would say why.
func saysTooLong(message string) bool {
	message = strings.ToLower(message)
	for _, words := range []string{"maximum context length", "maximum input length", "exceeds the context length", "exceeds maximum context length"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}
