// What nginx must be told so that streams, long waits, large bodies and
// askonce's own errors pass.

package deploy_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxBody is the default of max_body, which the configurations keep.
const maxBody = 20_000_000

func TestNginxPassesAllThrough(t *testing.T) {
	server := block(t, "server")
	for name, want := range map[string]string{
		"proxy_buffering": "off", "proxy_cache": "off", "gzip": "off", "proxy_intercept_errors": "off",
		"proxy_http_version": "1.1", "proxy_max_temp_file_size": "0", "proxy_next_upstream": "error timeout",
	} {
		if got := server[name]; len(got) != 1 || strings.Join(got[0], " ") != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	if !slices.ContainsFunc(server["proxy_set_header"], func(args []string) bool { return slices.Equal(args, []string{"Connection", `""`}) }) {
		t.Error("connections to replicas are closed after every request")
	}
	for _, args := range server["proxy_set_header"] {
		if strings.HasPrefix(args[0], "Askonce-") || args[0] == "Authorization" {
			t.Errorf("nginx replaces the caller's %s", args[0])
		}
	}
	timeout, err := time.ParseDuration(server["proxy_read_timeout"][0][0])
	if longest := readConfig(t, "askonce.yaml").Upstream.Timeout; err != nil || longest == 0 || timeout <= longest {
		t.Errorf("proxy_read_timeout is %v, upstream.timeout %v (%v)", timeout, longest, err)
	}
	megabytes, err := strconv.Atoi(strings.TrimSuffix(server["client_max_body_size"][0][0], "m"))
	if err != nil || megabytes<<20 <= maxBody {
		t.Errorf("client_max_body_size is %d MiB, max_body 20 MB (%v)", megabytes, err)
	}
}

func TestNginxKeepsConnections(t *testing.T) {
	upstream := block(t, "upstream askonce")
	idle, err := time.ParseDuration(upstream["keepalive_timeout"][0][0])
	// askonce closes connections that were idle for two minutes.
	if err != nil || idle >= 2*time.Minute || len(upstream["keepalive"]) != 1 {
		t.Errorf("keepalive %v, for %v (%v)", upstream["keepalive"], idle, err)
	}
	for _, args := range upstream["server"] {
		if !slices.Contains(args, "resolve") {
			t.Errorf("the address of %s is looked up once only", args[0])
		}
		if !slices.Contains(args, "max_fails=0") {
			t.Errorf("%s is set aside when it restarts, and then the other one may be too", args[0])
		}
	}
}

// directives are those of one block, each with the arguments of every time it
// stands there.
type directives map[string][][]string

var (
	nginxComment = regexp.MustCompile(`(?m)^\s*#.*$`)
	nginxWord    = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s;{}]+|[;{}]`)
)

// block returns the directives of the first block with that head, without
// those of blocks within.
func block(t *testing.T, head string) directives {
	t.Helper()
	var open []string // heads of the blocks around
	var words []string
	var found directives
	for _, word := range nginxWord.FindAllString(nginxComment.ReplaceAllString(read(t, "nginx.conf"), ""), -1) {
		switch {
		case word == "{":
			open = append(open, strings.Join(words, " "))
			if open[len(open)-1] == head && found == nil {
				found = make(directives)
			}
			words = nil
		case word == "}" && len(open) > 0:
			open = open[:len(open)-1]
		case word == ";" && len(words) > 0:
			if len(open) > 0 && open[len(open)-1] == head {
				found[words[0]] = append(found[words[0]], words[1:])
			}
			words = nil
		default:
			words = append(words, word)
		}
	}
	if found == nil || len(open) > 0 {
		t.Fatalf("nginx.conf has no block %q, or its braces do not match: %v", head, open)
	}
	return found
}
