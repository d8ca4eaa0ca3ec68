// Package route chooses among deployments of one model. It is pure: weights
// in, an order out; who is down or full is the caller's to know.
package route
