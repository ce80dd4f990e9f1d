//go:build !linux

package wire

const fionread = 0x4004667F
