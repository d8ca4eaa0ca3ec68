package policy_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/policy"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("a", policy.MaxNameLength)
	tests := []struct {
		name string
		ok   bool
	}{
		{"support", true},
		{"v2/prompt:main_1.x-y", true},
		{"9", true},
		{long, true},
		{long + "a", false},
		{"", false},
		{"-a", false},
		{".hidden", false},
		{"with space", false},
		{"a\x00b", false},
		{"größe", false},
		{"a,b", false},
	}
	for _, test := range tests {
		for what, check := range map[string]func(string) error{"namespace": policy.Namespace, "tag": policy.Tag} {
			err := check(test.name)
			if (err == nil) != test.ok {
				t.Errorf("%s %q: %v", what, test.name, err)
			}
			if err != nil && !strings.Contains(err.Error(), what) {
				t.Errorf("%s %q: the message does not say what it is about: %v", what, test.name, err)
			}
		}
	}
}

func TestTagsNamesTheOneAtFault(t *testing.T) {
	if i, err := policy.Tags([]string{"a", "b c"}); err == nil || i != 1 {
		t.Errorf("got %d, %v; want the second tag refused", i, err)
	}
	if i, err := policy.Tags(make([]string, policy.MaxTags+1)); err == nil || i != -1 {
		t.Errorf("got %d, %v; want the list refused", i, err)
	}
	if _, err := policy.Tags([]string{"a", "b"}); err != nil {
		t.Error(err)
	}
}

func TestThreshold(t *testing.T) {
	for value, ok := range map[float64]bool{0: false, -1: false, 1.01: false, 1: true, 0.95: true, math.Inf(1): false} {
		if err := policy.Threshold(value); (err == nil) != ok {
			t.Errorf("%v: %v", value, err)
		}
	}
	if policy.Threshold(math.NaN()) == nil {
		t.Error("NaN was accepted")
	}
}

func TestTTL(t *testing.T) {
	if ttl, err := policy.TTL(90); err != nil || ttl != 90*time.Second {
		t.Errorf("got %v, %v", ttl, err)
	}
	for _, seconds := range []int64{0, -1, int64(policy.MaxTTL/time.Second) + 1, math.MaxInt64} {
		if ttl, err := policy.TTL(seconds); err == nil {
			t.Errorf("%d seconds were accepted as %v", seconds, ttl)
		}
	}
}
