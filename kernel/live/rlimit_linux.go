package live

// rlimitData counts private writable memory, the heap of Go and of C.
const rlimitData = 2
