// Package minilm embeds texts with all-MiniLM-L6-v2, and verifies that one
// question's answer answers another, with a model that began as the same one:
// in process, without cgo and without a network. The weights, quantised to
// int8, are part of the binary.
//
// A text passes through three stages:
//
//   - the tokenizer cleans and splits it into WordPiece ids, as the published
//     tokenizer does (wordpiece.go, normalise.go);
//   - the encoder runs six transformer layers over the ids (forward.go,
//     attention.go). Matrix products are made in integers: each row of
//     activations is quantised to uint8 when it is needed, attention works on
//     int16;
//   - the mean of the last layer's rows, scaled to unit length, is the vector.
//
// The [Verifier] reads two texts as one, [CLS] asked stored, so that attention
// goes across both. Vocabulary and word embeddings are the embedder's;
// positions, layers and head are its own (verifier.go, head.go). A head on the
// last layer's row of [CLS] and the other rows before that layer gives one logit,
// and a logistic function of logit and cosine the probability.
//
// The arithmetic is the same on every processor, to the bit: integer sums are
// exact in any order, and every float operation is defined, with its rounding
// and the order of its sums, by the scalar kernels in scalar.go. The kernels
// for amd64 (AVX2, and AVX-512 VNNI for the products) and arm64 (NEON, and SDOT for
// the products) only do the same faster.
//
// The weights are read in place: starting costs nothing but a look at the
// header, and the memory is the binary's own, shared between processes.
//
// The package imports nothing of askonce. The folder convert holds the scripts
// that make the weights and the goldens, bench the comparison with
// onnxruntime; NOTICE says where the model comes from.
package minilm
