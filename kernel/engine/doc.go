// Package engine runs cells: it joins planner (kernel/cell), builder (kernel/build) and worker (kernel/worker), and knows
// nothing of Jupyter. A declaration is committed in one place, after the worker has run the cell that makes it.
//
//	e, err := engine.New(engine.Config{Progress: func(line string) { fmt.Fprintln(os.Stderr, line) }})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer e.Close()
//	e.Run(ctx, 1, "x := 42", out)
//	r := e.Run(ctx, 2, "x + 1", out)
//	fmt.Println(r.Bundle["text/plain"]) // 43
//
// The engine survives whatever a cell does to the worker process: the cell fails and says what happened, the next one gets
// a fresh worker with all declarations, and Result.Lost names the variables that have no value any more.
package engine
