//go:build !linux

package peer

// storageParent returns the system's default folder for data.
func storageParent() string { return "" }
