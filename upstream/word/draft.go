// The RateLimit and RateLimit-Policy fields of
// draft-ietf-httpapi-ratelimit-headers-10.

package word

import (
	"net/http"
	"time"

	"github.com/dunglas/httpsfv"

	"github.com/askonce/askonce/upstream/limit"
)

// draft is what the fields say of each policy that counts requests:
//
//	RateLimit-Policy: "minute";q=100;w=60
//	RateLimit: "minute";r=50;t=30
func draft(h http.Header, now time.Time) []said {
	if len(h["Ratelimit"]) == 0 {
		return nil
	}
	states, err := httpsfv.UnmarshalList(h["Ratelimit"])
	if err != nil {
		return nil
	}
	policies, err := httpsfv.UnmarshalList(h["Ratelimit-Policy"])
	if err != nil {
		policies = nil
	}
	var list []said
	for _, member := range states {
		item, ok := member.(httpsfv.Item)
		if !ok {
			continue
		}
		remaining, ok := parameter(item, "r")
		if !ok {
			continue
		}
		s := said{unit: limit.Requests, remaining: remaining}
		if seconds, ok := parameter(item, "t"); ok && seconds <= int64(maxReset/time.Second) {
			s.reset = now.Add(time.Duration(seconds) * time.Second)
		}
		if s.addPolicy(policies, item.Value) {
			list = append(list, s)
		}
	}
	return list
}

// addPolicy adds what the policy called name says. It returns false if that
// counts something else than requests.
func (s *said) addPolicy(policies httpsfv.List, name any) bool {
	for _, member := range policies {
		policy, ok := member.(httpsfv.Item)
		if !ok || policy.Value != name {
			continue
		}
		if unit, has := policy.Params.Get("qu"); has && unit != "requests" {
			return false
		}
		s.limit, _ = parameter(policy, "q")
		if seconds, ok := parameter(policy, "w"); ok && seconds <= int64(maxReset/time.Second) {
			s.window = time.Duration(seconds) * time.Second
		}
	}
	return true
}

// parameter is an integer that is not negative.
func parameter(item httpsfv.Item, name string) (int64, bool) {
	value, _ := item.Params.Get(name)
	n, ok := value.(int64)
	return max(n, 0), ok && n >= 0 && n <= maxCount
}
