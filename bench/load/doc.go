// Package load asks an HTTP/1.1 or a Redis server over lasting connections as
// fast as it answers, each connection with one request in flight, and measures
// how long every answer takes.
//
// It does without net/http: where the generator shares the processors with the
// servers it compares, every microsecond that it spends itself brings their
// figures closer together. A connection is a socket, a buffer and a loop; the
// requests are prepared bytes; the answers are checked where they lie in the
// buffer. Redirects, TLS, compression and trailers are out of its scope.
//
// One wrong or failed answer fails the whole run: a rate of errors is no rate.
package load
