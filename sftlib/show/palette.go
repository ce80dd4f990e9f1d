package show

import (
	"fmt"
	"strconv"
)

// Palette holds the colours of series and classes in their order: those of Okabe and Ito (2008), which people with any
// kind of colour blindness can tell apart, without black, since it must be read on a dark ground too. After the last
// it starts again.
var Palette = []string{"#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442"}

// ink is the colour of text and axes where the theme of the reader is not known: a grey with a contrast over 4 on
// white as on JupyterLab's black.
const ink = "#767676"

// seriesColor returns the colour of the i-th series.
func seriesColor(i int) string { return Palette[i%len(Palette)] }

// ramp is the scale of heat maps, light to dark, one hue, read by lightness alone.
var ramp = []string{"#f7fbff", "#9ecae1", "#4292c6", "#08306b"}

// rampColor returns the colour of a share in 0..1 and whether text on it must be light.
func rampColor(share float64) (hex string, light bool) {
	if !(share > 0) {
		share = 0
	}
	if share > 1 {
		share = 1
	}
	at := share * float64(len(ramp)-1)
	i := min(int(at), len(ramp)-2)
	r0, g0, b0 := rgb(ramp[i])
	r1, g1, b1 := rgb(ramp[i+1])
	mix := func(a, b uint8) int { return int(float64(a) + (float64(b)-float64(a))*(at-float64(i)) + 0.5) }
	return fmt.Sprintf("#%02x%02x%02x", mix(r0, r1), mix(g0, g1), mix(b0, b1)), share > 0.55
}

// rgb splits "#rrggbb".
func rgb(hex string) (r, g, b uint8) {
	v, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return 0x76, 0x76, 0x76
	}
	return uint8(v >> 16), uint8(v >> 8), uint8(v)
}
