//go:build !linux

package folder

import (
	"errors"
	"os"
)

// allocate is not implemented here, so nothing is reserved.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
