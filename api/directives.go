// How a request steers the cache and its own place in the queue: Cache-Control
// (RFC 9111, 5.2.1) and Askonce-* headers.

package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/prefix"
)

// steering is what the headers of a request ask for.
type steering struct {
	namespace   string
	promptOrder prefix.Mode // "" is the namespace's
	cache.Directives

	lane    llm.Lane      // "" if it names none
	maxWait time.Duration // 0 if it does not say, negative for no wait
}

// steeringHeader is one header and how it is read.
type steeringHeader struct {
	name string
	read func(*steering, string) error
}

var (
	cacheHeaders = []steeringHeader{
		{"Cache-Control", (*steering).readCacheControl},
		{"Askonce-Namespace", (*steering).readNamespace},
		{"Askonce-Mode", (*steering).readMode},
		{"Askonce-Threshold", (*steering).readThreshold},
		{"Askonce-Ttl", (*steering).readTTL},
		{"Askonce-Tags", (*steering).readTags},
		{promptOrderHeader, (*steering).readPromptOrder},
	}
	queueHeaders = []steeringHeader{
		{"Askonce-Lane", (*steering).readLane},
		{"Askonce-Max-Wait", (*steering).readMaxWait},
	}
)

// steer reads all headers. An error is a fault that names the header.
func steer(h http.Header) (steering, error) {
	s, err := readSteering(h, cacheHeaders, steering{})
	if err != nil {
		return s, err
	}
	return readSteering(h, queueHeaders, s)
}

// readSteering reads some headers into s.
func readSteering(h http.Header, headers []steeringHeader, s steering) (steering, error) {
	for _, header := range headers {
		values := h[header.name]
		if len(values) == 0 {
			continue
		}
		if err := header.read(&s, strings.Join(values, ",")); err != nil {
			return steering{}, badHeader(header.name, err)
		}
	}
	return s, nil
}

func (s *steering) readNamespace(value string) error {
	s.namespace = value
	return policy.Namespace(value)
}

func (s *steering) readMode(value string) error {
	switch mode := cache.Mode(strings.ToLower(value)); mode {
	case cache.ModeExact, cache.ModeSemantic, cache.ModeOff:
		s.Mode = mode
		return nil
	}
	return errors.New("the mode is exact, semantic or off")
}

func (s *steering) readThreshold(value string) error {
	t, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return errors.New("a threshold is a number above 0 and at most 1, such as 0.97")
	}
	s.Threshold = t
	return policy.Threshold(t)
}

func (s *steering) readTTL(value string) error {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return errors.New("a life time is a whole number of seconds, such as 3600")
	}
	s.TTL, err = policy.TTL(seconds)
	return err
}

func (s *steering) readTags(value string) error {
	for tag := range strings.SplitSeq(value, ",") {
		s.Tags = append(s.Tags, strings.TrimSpace(tag))
	}
	_, err := policy.Tags(s.Tags)
	return err
}

func (s *steering) readLane(value string) error {
	switch lane := llm.Lane(strings.ToUpper(value)); lane {
	case llm.LaneInteractive, llm.LaneStandard, llm.LaneBackground:
		s.lane = lane
		return nil
	}
	return errors.New("the lane is P0, P1 or P2")
}

// maxMaxWait is the longest wait that a request can name.
const maxMaxWait = 24 * time.Hour

func (s *steering) readMaxWait(value string) error {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds >= 0 && seconds <= maxMaxWait.Seconds()) {
		return errors.New("a wait is a number of seconds from 0 to 86400, such as 2 or 0.5")
	}
	if s.maxWait = time.Duration(seconds * float64(time.Second)); s.maxWait == 0 {
		s.maxWait = -1
	}
	return nil
}

// readCacheControl obeys the request directives that concern a cache which
// serves nothing stale; others are ignored, as the RFC wants.
func (s *steering) readCacheControl(value string) error {
	for directive := range strings.SplitSeq(value, ",") {
		name, argument, has := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-cache":
			s.NoCache = true
		case "no-store":
			s.NoStore = true
		case "only-if-cached":
			s.OnlyIfCached = true
		case "max-age":
			age, err := deltaSeconds(name, argument, has)
			if err != nil {
				return err
			}
			s.MaxAge, s.HasMaxAge = age, true
			s.NoCache = s.NoCache || age == 0
		case "min-fresh":
			fresh, err := deltaSeconds(name, argument, has)
			if err != nil {
				return err
			}
			s.MinFresh = fresh
		}
	}
	return nil
}

// deltaSeconds reads an argument in seconds (RFC 9111, 1.2.2). A number that
// is too large to count with stands for "very long".
func deltaSeconds(name, argument string, has bool) (time.Duration, error) {
	argument = strings.Trim(argument, `"`)
	bad := fmt.Errorf("%s wants a whole number of seconds, such as %[1]s=60", strings.ToLower(name))
	if !has || argument == "" {
		return 0, bad
	}
	for i := range len(argument) {
		if argument[i] < '0' || argument[i] > '9' {
			return 0, bad
		}
	}
	seconds, err := strconv.ParseInt(argument, 10, 64)
	if err != nil || seconds > math.MaxInt32 {
		seconds = math.MaxInt32
	}
	return time.Duration(seconds) * time.Second, nil
}
