package show

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// pngScale is the number of image pixels for one pixel of the drawing, so that it is sharp on today's screens.
const pngScale = 1.5

// png draws the scene on a transparent ground; text is a grey that reads on any. The error says that a character is in no
// font of this machine.
func (s *scene) png() ([]byte, error) {
	w, h := int(math.Ceil(s.w*pngScale)), int(math.Ceil(s.h*pngScale))
	if w < 1 || h < 1 || w > 20000 || h > 20000 {
		return nil, fmt.Errorf("a drawing of %dx%d pixels is too large for a PNG: set a smaller Width and Height", w, h)
	}
	c := &canvas{img: image.NewNRGBA(image.Rect(0, 0, w, h)), ras: vector.NewRasterizer(1, 1)}
	for i := range s.items {
		if err := c.draw(&s.items[i]); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, c.img); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

type canvas struct {
	img  *image.NRGBA
	ras  *vector.Rasterizer
	path [][][2]float64 // polygons that wait to be filled
}

func (c *canvas) draw(it *shape) error {
	hex := it.color
	if hex == "" {
		hex = ink
	}
	r, g, b := rgb(hex)
	alpha := 1.0
	if it.opacity > 0 {
		alpha = it.opacity
	}
	src := color.NRGBA{r, g, b, uint8(alpha*255 + .5)}
	switch it.kind {
	case rectShape:
		c.polygon([][2]float64{{it.x, it.y}, {it.x + it.w, it.y}, {it.x + it.w, it.y + it.h}, {it.x, it.y + it.h}})
		c.fill(src)
	case circleShape:
		if it.edge {
			c.disc(it.x, it.y, it.r+.8)
			c.fill(color.NRGBA{255, 255, 255, 255})
		}
		c.disc(it.x, it.y, it.r)
		c.fill(src)
	case lineShape:
		// Each segment is filled alone: shapes of opposite direction in one path would cancel each other out.
		for _, part := range dashes(it.pts, it.dash) {
			for i := 1; i < len(part); i++ {
				c.segment(part[i-1], part[i], it.stroke)
				c.fill(src)
				if it.stroke > 1.5 && i < len(part)-1 {
					c.disc(part[i][0], part[i][1], it.stroke/2)
					c.fill(src)
				}
			}
		}
	case textShape:
		return c.text(it, src)
	}
	return nil
}

func (c *canvas) polygon(pts [][2]float64) { c.path = append(c.path, pts) }

func (c *canvas) disc(x, y, r float64) {
	pts := make([][2]float64, 20)
	for i := range pts {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(len(pts)))
		pts[i] = [2]float64{x + r*cos, y + r*sin}
	}
	c.polygon(pts)
}

func (c *canvas) segment(a, b [2]float64, width float64) {
	dx, dy := b[0]-a[0], b[1]-a[1]
	n := math.Hypot(dx, dy)
	if n == 0 {
		return
	}
	ox, oy := -dy/n*width/2, dx/n*width/2
	c.polygon([][2]float64{{a[0] + ox, a[1] + oy}, {b[0] + ox, b[1] + oy}, {b[0] - ox, b[1] - oy}, {a[0] - ox, a[1] - oy}})
}

// fill paints the polygons since the last fill. Only the rectangle around them is touched.
func (c *canvas) fill(src color.NRGBA) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, pts := range c.path {
		for _, p := range pts {
			x0, y0 = math.Min(x0, p[0]*pngScale), math.Min(y0, p[1]*pngScale)
			x1, y1 = math.Max(x1, p[0]*pngScale), math.Max(y1, p[1]*pngScale)
		}
	}
	size := c.img.Bounds().Size()
	box := image.Rect(int(math.Floor(math.Max(x0, -1))), int(math.Floor(math.Max(y0, -1))),
		int(math.Ceil(math.Min(x1, float64(size.X+1)))), int(math.Ceil(math.Min(y1, float64(size.Y+1)))))
	path := c.path
	c.path = nil
	if box.Empty() {
		return
	}
	c.ras.Reset(box.Dx(), box.Dy())
	move := func(p [2]float64) (x, y float32) {
		return float32(p[0]*pngScale) - float32(box.Min.X), float32(p[1]*pngScale) - float32(box.Min.Y)
	}
	for _, pts := range path {
		for i, p := range pts {
			if x, y := move(p); i == 0 {
				c.ras.MoveTo(x, y)
			} else {
				c.ras.LineTo(x, y)
			}
		}
		c.ras.ClosePath()
	}
	c.ras.DrawOp = draw.Over
	c.ras.Draw(c.img, box, image.NewUniform(src), image.Point{})
}

// dashes cuts a line into the pieces that are drawn.
func dashes(pts [][2]float64, dash bool) [][][2]float64 {
	if !dash {
		return [][][2]float64{pts}
	}
	var out [][][2]float64
	for i := 1; i < len(pts); i++ {
		a, b := pts[i-1], pts[i]
		n := math.Hypot(b[0]-a[0], b[1]-a[1])
		for d := 0.0; d < n; d += 7 {
			e := math.Min(d+4, n)
			out = append(out, [][2]float64{{a[0] + (b[0]-a[0])*d/n, a[1] + (b[1]-a[1])*d/n}, {a[0] + (b[0]-a[0])*e/n, a[1] + (b[1]-a[1])*e/n}})
		}
	}
	return out
}

func (c *canvas) text(it *shape, src color.NRGBA) error {
	if it.text == "" {
		return nil
	}
	t := types()
	runs, ok := t.split(it.text, it.size*pngScale, it.bold)
	if !ok {
		return fmt.Errorf("no font of this machine has all characters of %q", it.text)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var advance fixed.Int26_6
	for _, r := range runs {
		advance += font.MeasureString(r.face, r.text)
	}
	shift := float64(advance) / 64 * float64(it.anchor+1) / 2
	x, y := it.x*pngScale, it.y*pngScale
	if !it.turned {
		c.runs(c.img, runs, x-shift, y, src)
		return nil
	}
	// A turned text is written into an image of its own, which is then turned to the left.
	w, h := int(advance>>6)+4, int(it.size*pngScale*2)
	base := it.size * pngScale * 1.4
	flat := image.NewNRGBA(image.Rect(0, 0, w, h))
	c.runs(flat, runs, 0, base, src)
	turned := image.NewNRGBA(image.Rect(0, 0, h, w))
	for fy := range h {
		for fx := range w {
			turned.SetNRGBA(fy, w-1-fx, flat.NRGBAAt(fx, fy))
		}
	}
	at := image.Pt(int(math.Round(x-base)), int(math.Round(y+shift))-w)
	draw.Draw(c.img, turned.Bounds().Add(at), turned, image.Point{}, draw.Over)
	return nil
}

func (c *canvas) runs(dst draw.Image, runs []run, x, y float64, src color.NRGBA) {
	dot := fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
	for _, r := range runs {
		d := font.Drawer{Dst: dst, Src: image.NewUniform(src), Face: r.face, Dot: dot}
		d.DrawString(r.text)
		dot = d.Dot
	}
}
