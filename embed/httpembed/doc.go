// Package httpembed embeds texts with a service over HTTP: OpenAI's embeddings
// API and what is compatible with it, Hugging Face's Text Embeddings Inference
// (TEI), or Ollama.
//
// A call is cut into batches, each one POST under the timeout. What comes back
// is not trusted: it is bounded in size, must be JSON, must hold one vector of
// the configured dimension for each text, and every vector is brought to unit
// length. Anything else is an error; there are no retries here, because the
// cache would rather go on without the vector than wait.
//
// Redirects are not followed, as they could carry the key and the texts to
// another host. Errors hold neither the key nor texts nor what the service
// wrote, only its status and error code.
//
// The three APIs differ in a request, an answer and an error shape each: see
// openai.go, tei.go, ollama.go. The package imports nothing of askonce.
package httpembed
