// Running the program: the test binary is `askonce` when called by that name.

package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"askonce": main})
}

// TestScripts runs the scripts in testdata/script: what a user types, and what
// he gets to see.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"GORACE", "GOCOVERDIR"} {
				env.Setenv(name, os.Getenv(name))
			}
			return nil
		},
	})
}
