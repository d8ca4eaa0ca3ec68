// Servers end with the test's process, however that ends.

package redistest

import (
	"os/exec"
	"syscall"
)

func dieWithParent(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
