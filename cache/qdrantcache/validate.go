// Checking options before anything is opened.

package qdrantcache

// Validate reports everything that is wrong with the options, as Open would.
func (o Options) Validate() error { return o.withDefaults().validate() }
