// The two SDKs as callers of the started program.

package sdktest

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/qdrantcache/peer"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestPythonSDK(t *testing.T) {
	t.Parallel()
	runChecks(t, pythonSDK(t))
}

func TestPythonSDKOnRedisAndQdrant(t *testing.T) {
	t.Parallel()
	runChecks(t, pythonSDK(t), sharedStores(t)...)
}

func TestNodeSDK(t *testing.T) {
	t.Parallel()
	runChecks(t, nodeSDK(t))
}

func TestNodeSDKOnRedisAndQdrant(t *testing.T) {
	t.Parallel()
	runChecks(t, nodeSDK(t), sharedStores(t)...)
}

func pythonSDK(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(installed(t, "../../../.venv/bin/python"), "run.py")
	cmd.Dir = "python"
	return cmd
}

func nodeSDK(t *testing.T) *exec.Cmd {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("node is missing, run `make prepare`: %v", err)
	}
	installed(t, "node/node_modules/openai/package.json")
	cmd := exec.Command(node, "run.mjs")
	cmd.Dir = "node"
	return cmd
}

// sharedStores starts a Redis server and the Qdrant peer, and returns the
// service's flags for them.
func sharedStores(t *testing.T) []string {
	t.Helper()
	qdrant, err := peer.Start(peer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := qdrant.Close(); err != nil {
			t.Errorf("the Qdrant peer: %v", err)
		}
	})
	return []string{"--redis", redistest.Start(t).URL(), "--qdrant", qdrant.Addr()}
}

// installed returns the absolute path of something that make test installs.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("a part of these tests is missing, run `make prepare`: %v", err)
	}
	return path
}

// result is what a script prints of one check, or at its end.
type result struct {
	Name  string
	OK    bool
	MS    int
	Error string
	Done  int // how many checks there were, on the last line
}

// runChecks starts the programs, runs the script against them, and makes a
// subtest of each check.
func runChecks(t *testing.T, cmd *exec.Cmd, flags ...string) {
	t.Helper()
	service, provider := startAll(t, flags...)
	cmd.Env = append(os.Environ(), "ASKONCE_URL="+service+"/v1", "PROVIDER_URL="+provider, "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	checks, done := 0, -1
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Errorf("not a result: %s", lines.Text())
			continue
		}
		if r.Name == "" {
			done = r.Done
			continue
		}
		checks++
		t.Run(r.Name, func(t *testing.T) {
			t.Logf("took %v", time.Duration(r.MS)*time.Millisecond)
			if !r.OK {
				t.Error(r.Error)
			}
		})
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v", filepath.Base(cmd.Path), err)
	}
	if done != checks || checks == 0 {
		t.Errorf("the script reported %d checks and counted %d at its end", checks, done)
	}
}
