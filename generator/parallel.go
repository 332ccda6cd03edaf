package generator

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Crash is what Plan and Render panic with when one of their goroutines has panicked, so that the caller can recover from it.
type Crash struct {
	Value any    // that the goroutine panicked with
	Stack []byte // of the goroutine
}

func (c *Crash) Error() string { return fmt.Sprintf("%v\n\n%s", c.Value, c.Stack) }

// inParallel calls do for each task from 0 to n-1, as many at once as processors can run, and returns the error of the first
// task that has one. Each worker has a unique number below n. A panic becomes the caller's.
func inParallel(n int, do func(worker, task int) error) error {
	var (
		errs  = make([]error, n)
		crash atomic.Pointer[Crash]
		next  atomic.Int64
		all   sync.WaitGroup
	)
	for worker := range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					crash.Store(&Crash{p, debug.Stack()})
				}
			}()
			for task := int(next.Add(1)) - 1; task < n; task = int(next.Add(1)) - 1 {
				errs[task] = do(worker, task)
			}
		})
	}
	all.Wait()
	if c := crash.Load(); c != nil {
		panic(c)
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
