// What a text looks like: times, ids, and the labels of what belongs to one
// session. Each recogniser is one pass over a line.

package prefix

import "strings"

// sessionLabels are labels of facts that belong to a request, its session or
// its user, in lower case and without spaces, hyphens and underscores.
var sessionLabels = labelSet(
	"date", "time", "now", "today", "datetime", "timestamp", "current date", "current time", "current datetime", "today's date",
	"current date and time", "date and time", "date/time", "system time", "local time", "current timestamp", "server time", "current day", "current year",
	"request id", "session id", "trace id", "correlation id", "conversation id", "message id",
	"thread id", "run id", "chat id", "nonce", "turn", "turn number", "counter", "request number", "message number", "sequence number",
	"user id", "user name", "username", "user email", "user location", "user timezone", "user time zone", "user locale",
	"customer id", "customer number", "customer name", "customer email", "member id", "member number", "account id", "account number", "client ip", "ip address", "name of the user", "ticket id",
	"timezone", "time zone", "locale", "signed in as", "logged in as", "logged in user")

// sessionHeadings are headings of what belongs to a session.
var sessionHeadings = labelSet("session", "session info", "session information", "session context", "session details", "session facts", "user", "user info",
	"user information", "user context", "user profile", "user details", "current user", "customer", "customer info", "customer details", "environment",
	"environment details", "context", "current context", "metadata", "request metadata", "request info", "request details", "runtime", "runtime info",
	"current state", "current date and time")

// dialogueLabels stand before the turns of an example.
var dialogueLabels = labelSet("user", "assistant", "human", "ai", "bot", "system", "agent", "customer", "q", "a", "question", "answer", "input", "output",
	"thought", "action", "observation", "response", "reply", "client", "caller", "support")

func labelSet(labels ...string) map[string]bool {
	set := make(map[string]bool, len(labels))
	for _, label := range labels {
		set[squeeze(label)] = true
	}
	return set
}

// squeeze is a label in lower case without what it is spelt apart with.
func squeeze(label string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '_' || r == '*' || r == '\'' || r == '’':
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, label)
}

// sentenceStarts begin sentences that tell a time, or of whom the session is,
// and stand for themselves.
var sentenceStarts = []struct{ start, reason string }{
	{"today is ", "date"}, {"today's date is ", "date"}, {"the date is ", "date"}, {"the date today is ", "date"},
	{"the current date is ", "date"}, {"the current date and time is ", "date"}, {"current date is ", "date"}, {"it is now ", "date"},
	{"it is currently ", "date"}, {"the time is ", "clock_time"}, {"the current time is ", "clock_time"}, {"current time is ", "clock_time"},
	{"the time now is ", "clock_time"}, {"right now it is ", "clock_time"}, {"the user's name is ", "session_fact"},
	{"the name of the user is ", "session_fact"}, {"the customer's name is ", "session_fact"}, {"the user is called ", "session_fact"},
	{"the user is named ", "session_fact"}, {"the customer is called ", "session_fact"}, {"you are talking to ", "session_fact"},
	{"you are speaking with ", "session_fact"}, {"you are speaking to ", "session_fact"}, {"you are chatting with ", "session_fact"},
	{"you are talking with ", "session_fact"}, {"you are now talking to ", "session_fact"}, {"the request id is ", "id"},
	{"the session id is ", "id"}, {"this is request ", "id"}, {"this is session ", "id"}, {"the user's time zone is ", "session_fact"},
	{"the user's email is ", "session_fact"}, {"the user's id is ", "session_fact"}, {"the user id is ", "session_fact"},
}

// sessionTags are names of tagged blocks that hold what belongs to a session.
var sessionTags = labelSet("session", "session_info", "session_context", "user", "user_info", "user_profile", "user_context", "env", "environment",
	"environment_details", "environment_context", "metadata", "request", "request_info", "runtime", "current_time", "current_date", "date", "time", "datetime")

// sentenceReason is why a sentence is volatile and stands for itself; "" if it
// is not, or does not.
func sentenceReason(sentence string) string {
	s := strings.TrimLeft(sentence, " \t-*")
	if len(s) == 0 {
		return ""
	}
	switch s[0] | 0x20 {
	case 't', 'c', 'i', 'y', 'r': // what the starts begin with
	default:
		return ""
	}
	for _, known := range sentenceStarts {
		if hasPrefixFold(s, known.start) {
			return known.reason
		}
	}
	return ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// looks is why a text looks like another one in each request: the first time
// of day with seconds, timestamp or id in it; "" if it holds none. A date alone,
// an hour alone or a number alone is not enough: opening hours, prices and
// deadlines are stable.
func looks(text string) string {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if !isDigit(c) && !isHexLetter(c) || i > 0 && isWord(text[i-1]) {
			continue
		}
		if why := looksAt(text[i:]); why != "" {
			return why
		}
	}
	return ""
}

func looksAt(s string) string {
	switch {
	case matches(s, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"):
		return "uuid"
	case matches(s, "dddd-dd-ddTdd:dd"), matches(s, "dddd-dd-dd dd:dd"), matches(s, "dddd/dd/dd dd:dd"):
		return "timestamp"
	case matches(s, "dd:dd:dd") && !matches(s, "dd:dd:dd:"):
		return "clock_time"
	case longID(s):
		return "id"
	}
	return ""
}

// matches reports whether s begins with the pattern: d is a digit, h a
// hexadecimal digit, all else itself.
func matches(s, pattern string) bool {
	if len(s) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		c := s[i]
		switch pattern[i] {
		case 'd':
			if !isDigit(c) {
				return false
			}
		case 'h':
			if !isDigit(c) && !isHexLetter(c) {
				return false
			}
		default:
			if c != pattern[i] {
				return false
			}
		}
	}
	return true
}

// longID reports whether s begins with at least 20 hexadecimal digits, of which
// some are letters and some are not: a trace or object id.
func longID(s string) bool {
	digits, letters := 0, 0
	for i := 0; i < len(s) && isWord(s[i]); i++ {
		switch {
		case isDigit(s[i]):
			digits++
		case isHexLetter(s[i]):
			letters++
		default:
			return false
		}
	}
	return digits > 2 && letters > 2 && digits+letters >= 20
}

func isHexLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'f' }
func isWord(c byte) bool      { return isLetter(c) || isDigit(c) || c == '_' }
