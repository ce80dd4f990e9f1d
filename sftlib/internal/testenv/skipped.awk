# What go test -v prints without the runner's own lines; a skipped test is said to be not measured, with
# the reason that it gave. For make parity and make bench-sft.
/^=== / { test = $3; next }
/^ *--- SKIP: / { print "not measured: " $3 ": " reason[$3]; next }
/^( *--- |PASS|FAIL|ok  |exit status)/ { next }
/^ +[^ ]+\.go:[0-9]+: / { reason[test] = $0; sub(/^[^:]*:[0-9]+: /, "", reason[test]) }
{ print }
