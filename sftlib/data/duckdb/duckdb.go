// Package duckdb makes DuckDB available to gosft/sftlib/data, as a database/sql driver is made available: by importing it.
//
//	import _ "gosft/sftlib/data/duckdb"
//
// It links DuckDB's static library (65 MB). The notebook's worker imports it already; a program of its own does it in main.
package duckdb

import _ "github.com/duckdb/duckdb-go/v2" // registers the driver "duckdb"
