// Package build compiles a planned cell into a plugin that the worker opens.
//
// There are two ways behind the one interface [Builder]. The fast way links the cell against one Go shared library that
// holds everything preloaded (the standard library, GoMLX, sftlib): a small cell is a file of 10 KB and takes some 60 ms.
// It needs Linux, mold or lld, and a linker that is made from the user's own GOROOT by a few edits. Where one of these is
// missing the plain way is taken: ordinary plugins, each with a copy of all that it reaches.
//
// [Setup] makes what both need, once for each Go version and state of the sources, in $GOSFT_HOME/worker/<key>. [Session]
// is one notebook's packages: it is the planner's importer, fetches modules that a cell asks for, and gives the Builder.
//
//	ctx := context.Background()
//	lib, err := build.Setup(ctx, build.Options{Progress: func(line string) { fmt.Println(line) }})
//	if err != nil {
//		log.Fatal(err)
//	}
//	s, err := build.NewSession(lib, "/home/me/notebooks")
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer s.Close()
//	plan, err := cell.NewPlanner(s).Plan(1, `fmt.Println("hello")`)
//	if err != nil {
//		log.Fatal(err)
//	}
//	plugin, err := s.Build(ctx, plan)
//	if err != nil {
//		log.Fatal(err)
//	}
//	fmt.Println(plugin.Path)
package build
