package guard_test

import (
	"testing"

	"github.com/askonce/askonce/policy/guard"
)

func TestAsksNow(t *testing.T) {
	for text, want := range map[string]bool{
		"What is the weather in Lima today?":             true,
		"Who plays tonight?":                             true,
		"What's the latest version of Go?":               true,
		"Who is the current president?":                  true,
		"Which shops are open right now?":                true,
		"Is the pharmacy open now?":                      true,
		"What is on at the cinema this week?":            true,
		"How many goals has she scored so far?":          true,
		"What's the weather like in Oslo?":               true,
		"Apple stock price":                              true,
		"Exchange rate of the euro":                      true,
		"What happened last night?":                      true,
		"When is the next train tomorrow?":               true,
		"Which phones are currently sold out?":           true,
		"How busy is it at the moment?":                  true,
		"Who won the match yesterday?":                   true,
		"What do people wear these days?":                true,
		"What are this month's deals?":                   true,
		"Trends of the last year":                        true,
		"Is the line down, no wait, is it slow today?":   true,
		"Forecast for the coast":                         true,
		"What were the prices last month?":               true,
		"What should I do this evening?":                 true,
		"Newest releases in theatres":                    true,
		"What is the share price of the firm?":           true,
		"What is the weather like in October?":           false,
		"How do I open a current account?":               false,
		"What is an alternating current?":                false,
		"What is a current?":                             false,
		"Now I need a way to sort a list":                false,
		"How do I reset my password?":                    false,
		"How far is the moon?":                           false,
		"What is the price of a stamp?":                  false,
		"What is a moment of inertia?":                   false,
		"When did the war end in 1945?":                  false,
		"How many days does a year have?":                false,
		"What is the rate of decay?":                     false,
		"Is it good to run in the morning?":              false,
		"How does a night shift work?":                   false,
		"Is today wrong, I mean is Monday a working day": false,
		"Write a haiku about the sea":                    false,
		"How do I convert euros to dollars?":             false,
		"Opening hours on Sunday":                        false,
		"Who wrote Faust?":                               false,
		"What is the latent heat of ice?":                false,
		"Explain the present perfect":                    false,
		"What is the current ratio in accounting?":       false,
		"What is an eddy current?":                       false,
		"Does it snow in March?":                         false,
		"What is a weekend rate?":                        false,
	} {
		if got := guard.Read(text).AsksNow(); got != want {
			t.Errorf("%q asks about now: %v, want %v", text, got, want)
		}
	}
}
