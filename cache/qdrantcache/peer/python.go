// Which Python runs the peer.

package peer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// errNoPython tells how to get what the peer needs.
var errNoPython = errors.New("peer: no Python with qdrant-edge-py and qdrant-client: " +
	"run `make prepare`, or let QDRANT_PEER_PYTHON name one that has cache/qdrantcache/peer/requirements.txt installed")

// findPython returns a Python that has the packages.
func findPython() (string, error) {
	python := os.Getenv("QDRANT_PEER_PYTHON")
	if python == "" {
		root, err := moduleRoot()
		if err != nil {
			return "", err
		}
		python = filepath.Join(root, ".venv", "bin", "python")
	}
	check := exec.Command(python, "-c",
		"import importlib.util as u, sys; sys.exit(0 if u.find_spec('qdrant_edge') and u.find_spec('qdrant_client') and u.find_spec('grpc') else 1)")
	if err := check.Run(); err != nil {
		return "", fmt.Errorf("%w (tried %s: %w)", errNoPython, python, err)
	}
	return python, nil
}

// moduleRoot returns the folder of go.mod, above the working folder.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("peer: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("peer: no go.mod above the working folder")
		}
		folder = above
	}
}
