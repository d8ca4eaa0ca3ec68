// Checking options before anything is opened.

package rediscache

// Validate reports everything that is wrong with the options, as Open would.
func (o Options) Validate() error {
	_, err := o.withDefaults().validate()
	return err
}
