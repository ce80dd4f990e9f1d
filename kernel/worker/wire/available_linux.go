package wire

const fionread = 0x541B
