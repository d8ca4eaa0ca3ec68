// Package estimate tells how many tokens a call will take before it is made,
// and learns from what calls then took.
//
// Input is counted with the tokenizer of the model's family (tiktoken). Its
// tables take 300 ms and 20 MB to load, so that is done in the background when
// a model first needs them; until then, and where no table can be had, bytes
// are counted instead. The tokenizer slows down with the square of a run
// without spaces, so runs are cut at 512 bytes, and of a long prompt evenly
// spread parts are counted and the rest is taken to be like them.
//
// A factor for each model makes up for what a count cannot know: tokenizers
// that are not public, what roles and tools add, images. It is the moving mean
// of reported to counted tokens.
//
// Output is a quantile of what the same model wrote in the same namespace, and
// at most what the request allows. Where a provider charges what a request
// allows (max_tokens) whether it is used or not, that is what is expected.
//
// An estimate costs no I/O. All of it is forgotten with the process; what a
// replica learns, it learns from its own calls.
package estimate
