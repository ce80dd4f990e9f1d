// Package worker is the kernel's side of the worker process: it starts it, gives it plugins to run, reads what it prints
// and shows, and says how it died.
//
// The worker is a process of its own session, so that Ctrl-C in the kernel's terminal does not reach it. Its stdout and
// stderr are pipes; requests and events have two more (package wire). When a cell is done all that it had printed has been
// given to the [Handler] before Run returns, and a display comes after what was printed before it.
//
//	w, err := worker.Start(worker.Config{Program: lib.Worker}, handler)
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer w.Kill()
//	done, err := w.Run(1, plugin.Path)
//	if errors.Is(err, worker.ErrDead) {
//		log.Fatal(w.Death())
//	}
//	fmt.Println(done.Bundle["text/plain"])
package worker
