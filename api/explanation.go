// Explanations, as callers see them.

package api

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/prefix"
)

// ExplainRequest asks for an explanation.
type ExplainRequest struct {
	View      *llm.Request // of a chat, a response or a message
	Tenant    string
	Namespace string
	Mode      prefix.Mode // of text moves, as Askonce-Prompt-Order would ask
}

// Explanation is what would be done to a prompt, and what for. It holds the
// prompt's text.
type Explanation struct {
	Endpoint      llm.Endpoint   `json:"endpoint"`
	Model         string         `json:"model"`
	Namespace     string         `json:"namespace"`
	Mode          prefix.Mode    `json:"mode"`
	NamespaceMode prefix.Mode    `json:"namespace_mode"` // that holds without a wish
	Learned       bool           `json:"learned"`        // earlier requests of the namespace were taken into account
	Before        jsontext.Value `json:"before"`
	After         jsontext.Value `json:"after"`

	Moves     []ExplainedMove `json:"moves"`
	Held      []ExplainedMove `json:"held"`
	Discarded string          `json:"discarded,omitempty"`

	Marks     []ExplainedMark `json:"marks"`
	MarksHeld string          `json:"marks_held,omitempty"`

	StablePrefix struct {
		Before ExplainedPrefix `json:"before"`
		After  ExplainedPrefix `json:"after"`
	} `json:"stable_prefix"`
	Saving ExplainedSaving `json:"saving"`

	Warnings []string        `json:"warnings"`
	Diff     []prefix.Change `json:"diff"`
	Unified  string          `json:"unified"`
}

// ExplainedMove is a move that was made, or that was held.
type ExplainedMove struct {
	Kind   prefix.Kind `json:"kind"`
	Place  string      `json:"place"`
	Text   string      `json:"text,omitempty"`
	Reason string      `json:"reason"`
	Held   string      `json:"held,omitempty"`
	Why    string      `json:"why"` // both in a sentence
}

// ExplainedMark is a place for a cache_control mark.
type ExplainedMark struct {
	Place        string  `json:"place"`
	Tokens       int     `json:"tokens"` // of the prefix up to it
	Chance       float64 `json:"chance"` // that it comes again while it is kept
	SavingTokens float64 `json:"saving_tokens"`
	Set          bool    `json:"set"`
}

// ExplainedPrefix is how far a prompt is the same in other requests.
type ExplainedPrefix struct {
	Tokens int    `json:"tokens"`
	Kept   int    `json:"kept_tokens"` // that the provider can have kept of it
	EndsAt string `json:"ends_at,omitempty"`
	Reason string `json:"reason,omitempty"`
	Why    string `json:"why"`
}

// ExplainedSaving is what is expected to be saved with each call.
type ExplainedSaving struct {
	Tokens      int             `json:"tokens"` // read from the provider's cache instead of anew, after less before
	USD         *float64        `json:"usd"`    // null without a price
	Price       *ExplainedPrice `json:"price"`
	Assumptions []string        `json:"assumptions"`
}

// ExplainedPrice is what the dollars are counted with, for a million tokens.
type ExplainedPrice struct {
	Input  float64 `json:"input"`
	Cached float64 `json:"cached"`
	Write  float64 `json:"write"`
	Source string  `json:"source"`
	Date   string  `json:"date,omitempty"`
}
