// Askonce keys where they do not belong: they would go upstream from there.

package api

import (
	"net/http"
	"net/url"
	"strings"
)

// keyTail is how many characters of the key alphabet behind KeyPrefix make a
// text a key: 256 bits in base64url.
const keyTail = 43

var errKeyMisplaced = &fault{
	status: http.StatusBadRequest, code: "misplaced_api_key",
	message: "An askonce key stands in the path, the query or a header where it would be sent to the provider. Send it as \"Authorization: Bearer ask_...\" or in the Askonce-Key header only.",
}

var errKeyTwice = &fault{
	status: http.StatusBadRequest, code: "ambiguous_api_key",
	message: "The request has several Authorization or Askonce-Key headers. Send one of each at most.",
}

// checkCredentials refuses a request whose credentials are ambiguous or in a
// place from which they would travel on.
func checkCredentials(h http.Header, u *url.URL) error {
	if len(h["Authorization"]) > 1 || len(h["Askonce-Key"]) > 1 {
		return errKeyTwice
	}
	if holdsKey(u.Path) || holdsKey(u.RawQuery) || strings.Contains(u.RawQuery, "%") && holdsKey(decoded(u.RawQuery)) {
		return errKeyMisplaced
	}
	for name, values := range h {
		if name == "Askonce-Key" {
			continue
		}
		for _, value := range values {
			if holdsKey(value) && !credentialPlace(name, value) {
				return errKeyMisplaced
			}
		}
	}
	return nil
}

// credentialPlace reports whether a header is one in which a key is read, and
// holds it as it should.
func credentialPlace(name, value string) bool {
	switch name {
	case "Authorization":
		return strings.HasPrefix(withoutBearer(value), KeyPrefix)
	case "Api-Key", "X-Api-Key":
		return strings.HasPrefix(value, KeyPrefix)
	}
	return false
}

// holdsKey reports whether an askonce key stands somewhere in s.
func holdsKey(s string) bool {
	for {
		at := strings.Index(s, KeyPrefix)
		if at < 0 {
			return false
		}
		s = s[at+len(KeyPrefix):]
		n := 0
		for n < len(s) && n < keyTail && isKeyByte(s[n]) {
			n++
		}
		if n == keyTail {
			return true
		}
	}
}

// isKeyByte is the alphabet of base64url (RFC 4648, section 5).
func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// decoded is a query without its percent signs, as far as it can be read.
func decoded(query string) string {
	plain, err := url.QueryUnescape(query)
	if err != nil {
		return query
	}
	return plain
}
