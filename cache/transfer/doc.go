// Package transfer moves a cache from one place to another by way of a file:
// [Export] writes what a store and an index hold, [Import] reads it into others.
// It knows neither backends nor files, only the interfaces of package cache.
//
// # The file
//
// JSON lines in zstd. `zstd -dc FILE | jq` shows it; what was unpacked and
// filtered that way can be imported as it is. The first line is the [Header],
// the last one {"end":true,"entries":N}, by which a reader knows that nothing
// is missing. Every line between is an entry:
//
//	key, scope          64 hexadecimal digits; no scope: serves identical requests alone
//	tenant, namespace, kind, model, tags
//	created, expires    RFC 3339, to the microsecond
//	prompt              what is embedded
//	response            the answer's JSON, byte by byte, as a string
//	usage               input, output, cached tokens, where they are known
//	took_ms             milliseconds that the provider's answer took, where they are known
//	vector              base64 of little-endian float32, of unit length
//
// Behind the entries come the rows of books: versions of thresholds, labels,
// audits and negatives.
//
//	book, row           names
//	value               as the cache keeps it, mostly JSON
//
// Prompts and responses that are not UTF-8 are in prompt_base64 and
// response_base64 instead, values in value_base64. Fields that a reader does not know mean nothing to
// it; what changes the meaning of others takes another version.
//
// # Damage and interruption
//
// Frames of zstd hold whole lines, about a megabyte each, with a checksum. A
// reader that comes upon a damaged frame goes on with the next one; if the
// damage is where a frame says how long its blocks are, up to 128 KiB of what
// follows may be taken for a part of it. A writer that was interrupted
// continues behind the last whole frame: [Survey] tells where that is. An import that was interrupted is simply done again,
// since it leaves alone what is there already.
package transfer
