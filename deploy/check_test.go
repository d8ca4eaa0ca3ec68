// The configurations, judged by the program that reads them.

package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck runs `askonce check` on each configuration, with the variables that
// its deployment sets. A warning is a variable that means nothing.
func TestCheck(t *testing.T) {
	program := build(t)
	for file, environment := range map[string][]string{
		"askonce.yaml": composeVariables(t), "kubernetes/askonce.yaml": podVariables(t),
	} {
		t.Run(file, func(t *testing.T) {
			check := exec.Command(program, "check", "--config", file, "--listen", "0.0.0.0:0", "--data", t.TempDir())
			check.Env = append([]string{"HOME=" + t.TempDir()}, environment...)
			var complaints bytes.Buffer
			check.Stderr = &complaints
			if err := check.Run(); err != nil || complaints.Len() > 0 {
				t.Errorf("askonce check --config %s: %v\n%s", file, err, complaints.String())
			}
		})
	}
}

// TestPlaceholders: nobody gets in with what the repository publishes.
func TestPlaceholders(t *testing.T) {
	for _, file := range []string{"askonce.yaml", "kubernetes/askonce.yaml"} {
		var c struct{ Keys []struct{ ID, Hash string } }
		decode(t, file, &c)
		if len(c.Keys) == 0 {
			t.Errorf("%s has no keys: askonce would not start", file)
		}
		for _, key := range c.Keys {
			if !strings.HasPrefix(key.ID, "REPLACE-ME") || !strings.HasPrefix(key.Hash, "sha256:"+strings.Repeat("0", 60)) {
				t.Errorf("%s: %s is no placeholder", file, key.ID)
			}
		}
	}
}

// build makes the program once.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "askonce")
	goBuild := exec.Command("go", "build", "-o", program, "./cmd/askonce")
	goBuild.Dir = ".."
	goBuild.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := goBuild.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// composeVariables are askonce's variables in compose.yaml, with some value.
func composeVariables(t *testing.T) (environment []string) {
	t.Helper()
	c := readCompose(t)
	for _, name := range c.replicas() {
		for variable := range c.Services[name].Environment {
			environment = append(environment, variable+"=something")
		}
	}
	return withoutConfig(environment)
}

func podVariables(t *testing.T) (environment []string) {
	t.Helper()
	for _, e := range readDeployment(t).container().Env {
		environment = append(environment, e.Name+"=something")
	}
	return withoutConfig(environment)
}

// withoutConfig leaves out the file, which is named by a flag here.
func withoutConfig(environment []string) (rest []string) {
	for _, variable := range environment {
		if strings.HasPrefix(variable, "ASKONCE_") && !strings.HasPrefix(variable, "ASKONCE_CONFIG=") {
			rest = append(rest, variable)
		}
	}
	return rest
}
