// Package bridge carries gonbui's widgets between the program and the browser over one Jupyter comm. It runs in the kernel's
// process: on one side the messages of the worker's pipe (values by address), on the other comm_open, comm_msg and
// comm_close.
//
// The browser's half is a script that is shown once, when a program first needs it. It makes the object gonb_comm that
// gonbui's widgets talk to, and opens the comm over the notebook's own connection to its server: the address is made from
// the page's settings, so https, a base URL and JupyterHub need nothing special.
//
//	b := bridge.New(bridge.Config{Kernel: id, Program: eng.SendComm})
//	b.FromProgram(out, worker.Comm{Kind: "value", Address: "/slider", Value: 3}) // shows the script the first time
//	err := b.FromFrontend(session.Comm{Kind: "open", ID: "…", Target: bridge.Target}) // the script's answer
package bridge
