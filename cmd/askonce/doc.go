// Command askonce stands in front of LLM APIs and answers what was answered
// before.
//
//	askonce serve                 run the service
//	askonce try                   ask some 200 questions and count what the cache does
//	askonce check                 check the configuration and show it
//	askonce key new               make a key for callers
//	askonce simulate-provider     run a provider that costs nothing
//	askonce version               say which version this is
//
// Each subcommand has a file of its own. The configuration is read by
// config*.go; wire.go is the only place that picks backends and joins the
// packages. Exit codes: 0 done, 1 failed, 2 bad usage or configuration.
package main
