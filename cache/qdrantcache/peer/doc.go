// Package peer starts a Qdrant-like server for tests: Qdrant's own engine
// behind Qdrant's own gRPC protocol.
//
// Qdrant's server can't be installed from a package registry, its engine can
// (qdrant-edge-py), and so can the stubs of its gRPC services (qdrant-client).
// The Python files of this folder join the two. README.md says what the peer
// leaves out; for that, the tests run against a full server too.
//
// [Start] needs a Python with the packages of requirements.txt: `make prepare`
// puts one at .venv in the repository, or QDRANT_PEER_PYTHON names another.
package peer
