// Where the peer's data is: in memory, if there is room.

package peer

import "syscall"

const (
	memory = "/dev/shm"

	// roomNeeded is more than the tests take. Containers often have less: the
	// engine would crash on a full one.
	roomNeeded = 2 << 30
)

// storageParent returns the folder for data, "" for the system's default. The
// data need not survive the machine, and the engine waits for the disk often.
func storageParent() string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(memory, &s); err != nil || s.Bavail*uint64(s.Bsize) < roomNeeded {
		return ""
	}
	return memory
}
