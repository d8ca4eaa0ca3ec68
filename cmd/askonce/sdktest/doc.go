// Package sdktest starts the program as a user would, with the provider
// simulator as its upstream, and lets the published OpenAI and Anthropic SDKs
// for Python and Node be its callers.
//
// The checks themselves are scripts in the folders python and node: each
// prints one JSON object for each check, which becomes a subtest. Between the
// service and the simulator stands a recorder, so that a check can see what
// reached the provider. testdata/script.yaml tells what the simulator does out
// of the ordinary.
//
// The SDKs are installed by make test; without them the tests fail.
package sdktest
