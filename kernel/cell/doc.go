// Package cell plans cells: it reads a cell's text, checks it against all that the session has declared so far, and writes
// the Go package to compile for it. It runs nothing and knows nothing of Jupyter or processes.
//
// All cells are versions of one package, [PackagePath]. A version holds the declarations that its cell reaches and one
// function, the cell's statements, which the worker calls. Variables declared at the top of a cell are variables of the
// package; the statements assign to them in order.
//
// A symbol never changes its meaning. A declaration is identified by its text and by the identities of all that it uses, as
// in Unison; the same identity is the same symbol for ever, and nothing happens to it when a cell runs again. A new identity
// gets a new symbol: the name, a letter that nobody types, and a number. What depends on it is checked again and follows.
// [Unmark] takes the numbers out of what is shown to the user.
//
// A complete program that plans two cells; packages is any [Packages], such as that of kernel/build:
//
//	p := cell.NewPlanner(packages)
//	plan, err := p.Plan(1, "x := 42")
//	if err != nil {
//		log.Fatal(err) // In[1]:1:6: ...
//	}
//	// compile plan.Files, load them, call plan.Entry; then:
//	p.Commit(plan)
//	plan, err = p.Plan(2, "x + 1")
//	fmt.Println(plan.Files[0].Text)
package cell
