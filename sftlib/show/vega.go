package show

import "math"

type object = map[string]any

// VegaLite returns the chart as a Vega-Lite v5 specification with its data inside: nothing in it names an address.
func (c *Chart) VegaLite() map[string]any {
	spec := c.vegaUnit()
	spec["config"] = vegaConfig()
	spec["background"] = "transparent"
	return spec
}

func vegaConfig() object {
	return object{
		"view": object{"stroke": nil},
		"axis": object{"labelColor": ink, "titleColor": ink, "gridColor": ink, "gridOpacity": .2, "domainColor": ink, "tickColor": ink,
			"labelFontSize": fontSize, "titleFontSize": fontSize, "titleFontWeight": "normal"},
		"legend": object{"labelColor": ink, "titleColor": ink, "labelFontSize": fontSize, "orient": "top", "title": nil},
		"title":  object{"color": ink, "fontSize": titleSize, "anchor": "start"},
	}
}

// vegaUnit returns the specification without the settings of the whole.
func (c *Chart) vegaUnit() object {
	w, h := c.size()
	x0, x1, y0, y1 := c.ranges()
	xNames, yNames := c.bands()
	v := &vega{c: c, series: c.series()}
	v.x = vegaAxis(c.X, xNames, x0, x1, w, "x")
	v.y = vegaAxis(c.Y, yNames, y0, y1, h, "y")
	var layers []any
	for i := range c.layers {
		layers = append(layers, v.layer(&c.layers[i], i)...)
	}
	if layers == nil {
		layers = []any{object{"data": object{"values": []any{}}, "mark": "point"}}
	}
	spec := object{"width": w, "height": h, "layer": layers}
	if c.Title != "" {
		spec["title"] = c.Title
	}
	return spec
}

type vega struct {
	c      *Chart
	x, y   object
	series []string
}

// vegaAxis returns type, scale and title of a channel.
func vegaAxis(a Axis, names []string, from, to, length float64, channel string) object {
	axis := object{"title": nil}
	if a.Title != "" {
		axis["title"] = a.Title
	}
	if names != nil {
		axis["type"], axis["sort"] = "ordinal", nil
		axis["axis"] = object{"labelLimit": 240, "grid": false}
		if channel == "x" {
			turn := -90
			if fits(names, length/float64(max(1, len(names)))) {
				turn = 0
			}
			axis["axis"] = object{"labelLimit": 180, "grid": false, "labelOverlap": true, "labelAngle": turn}
		}
		return axis
	}
	// The same ticks as in the other twins.
	count := max(2, min(8, int(length/60)))
	if channel == "y" {
		count = max(2, min(5, int(length/36)))
	}
	axis["axis"] = object{"tickCount": count}
	if a.Log {
		axis["axis"] = object{"values": scale{from: from, to: to, log: true}.ticks(count), "format": "~e"}
	}
	scale := object{"domain": []float64{from, to}, "nice": false, "zero": false}
	if a.Log {
		scale["type"] = "log"
	}
	axis["type"], axis["scale"] = "quantitative", scale
	return axis
}

// with returns a channel of the axis that reads a field.
func with(axis object, field string, more object) object {
	o := object{"field": field}
	for k, v := range axis {
		o[k] = v
	}
	for k, v := range more {
		o[k] = v
	}
	return o
}

func (v *vega) color(name string) object {
	if name == "" || len(v.series) == 0 {
		return object{"value": v.c.colorOf(v.series, name)}
	}
	return object{"datum": name, "type": "nominal", "scale": v.colorScale()}
}

func (v *vega) colorScale() object {
	colors := make([]string, len(v.series))
	for i := range colors {
		colors[i] = seriesColor(i)
	}
	return object{"domain": v.series, "range": colors}
}

// classColor is the channel of a field that holds classes.
func (v *vega) classColor(field string) object {
	return object{"field": field, "type": "nominal", "scale": v.colorScale()}
}

func (v *vega) layer(l *layer, index int) []any {
	c := v.c
	switch l.kind {
	case lineLayer:
		var rows []any
		part, broken := 0, true
		for i := range min(len(l.x), len(l.y)) {
			if !finite(l.x[i]) || !finite(l.y[i]) || c.X.Log && l.x[i] <= 0 || c.Y.Log && l.y[i] <= 0 {
				if !broken {
					part++
				}
				broken = true
				continue
			}
			broken = false
			rows = append(rows, object{"x": l.x[i], "y": l.y[i], "part": part})
		}
		return []any{object{"data": values(rows), "mark": object{"type": "line", "clip": true, "strokeWidth": 2, "tooltip": true, "point": len(rows) < 2},
			"encoding": object{"x": with(v.x, "x", nil), "y": with(v.y, "y", nil), "detail": object{"field": "part", "type": "nominal"}, "color": v.color(l.name)}}}
	case pointLayer:
		var rows []any
		for i := range min(len(l.x), len(l.y)) {
			if finite(l.x[i]) && finite(l.y[i]) {
				rows = append(rows, object{"x": l.x[i], "y": l.y[i], "class": at(l.class, i)})
			}
		}
		paint := object{"value": c.colorOf(v.series, "")}
		if l.class != nil {
			paint = v.classColor("class")
		}
		mark := object{"type": "circle", "size": 40, "opacity": 1, "clip": true, "tooltip": true}
		if c.has(areaLayer) {
			mark["stroke"], mark["strokeWidth"] = "#ffffff", .8
		}
		return []any{object{"data": values(rows), "mark": mark, "encoding": object{"x": with(v.x, "x", nil), "y": with(v.y, "y", nil), "color": paint}}}
	case barLayer:
		var rows []any
		for i := range min(len(l.names), len(l.x)) {
			if finite(l.x[i]) {
				rows = append(rows, object{"name": l.names[i], "value": l.x[i], "text": Number(l.x[i]), "end": math.Max(l.x[i], 0)})
			}
		}
		encoding := object{"y": with(v.y, "name", nil), "x": with(v.x, "value", nil), "color": v.color(l.name)}
		if c.barLayers() > 1 {
			encoding["yOffset"] = object{"datum": l.name, "type": "nominal", "sort": nil, "scale": object{"domain": v.series}}
		}
		bars := []any{object{"data": values(rows), "mark": object{"type": "bar", "tooltip": true}, "encoding": encoding}}
		if c.barLayers() == 1 {
			bars = append(bars, object{"data": values(rows), "mark": object{"type": "text", "align": "left", "dx": 4, "color": ink, "fontSize": fontSize - 1},
				"encoding": object{"y": with(v.y, "name", nil), "x": with(v.x, "end", nil), "text": object{"field": "text", "type": "nominal"}}})
		}
		return bars
	case binLayer:
		var rows []any
		for i := range l.y {
			if l.y[i] != 0 {
				rows = append(rows, object{"from": l.x[i], "to": l.x[i+1], "count": l.y[i], "zero": 0})
			}
		}
		mark := object{"type": "rect", "tooltip": true, "stroke": nil}
		if c.count(binLayer) > 1 {
			mark["opacity"] = .6
		}
		return []any{object{"data": values(rows), "mark": mark, "encoding": object{"x": with(v.x, "from", nil), "x2": object{"field": "to"},
			"y": with(v.y, "count", nil), "y2": object{"field": "zero"}, "color": v.color(l.name)}}}
	case heatLayer:
		return v.heat(l)
	case areaLayer:
		var rows []any
		for r, row := range l.area {
			dx, dy := (l.x[1]-l.x[0])/float64(len(row)), (l.y[1]-l.y[0])/float64(len(l.area))
			for i := 0; i < len(row); {
				j := i
				for j < len(row) && row[j] == row[i] {
					j++
				}
				rows = append(rows, object{"x": l.x[0] + float64(i)*dx, "x2": l.x[0] + float64(j)*dx, "y": l.y[0] + float64(r)*dy, "y2": l.y[0] + float64(r+1)*dy, "class": row[i]})
				i = j
			}
		}
		return []any{object{"data": values(rows), "mark": object{"type": "rect", "opacity": .3, "stroke": nil}, "encoding": object{
			"x": with(v.x, "x", nil), "x2": object{"field": "x2"}, "y": with(v.y, "y", nil), "y2": object{"field": "y2"}, "color": v.classColor("class")}}}
	case vruleLayer:
		data := values([]any{object{"x": l.x[0], "label": l.name}})
		return []any{
			object{"data": data, "mark": object{"type": "rule", "color": ink, "strokeDash": []int{4, 3}, "strokeWidth": 1.5}, "encoding": object{"x": with(v.x, "x", nil)}},
			object{"data": data, "mark": object{"type": "text", "color": ink, "align": "left", "dx": 4, "y": 8 + 13*(index%3), "fontSize": fontSize},
				"encoding": object{"x": with(v.x, "x", nil), "text": object{"field": "label", "type": "nominal"}}},
		}
	case hruleLayer:
		data := values([]any{object{"y": l.y[0], "label": l.name}})
		w, _ := c.size()
		return []any{
			object{"data": data, "mark": object{"type": "rule", "color": ink, "strokeDash": []int{4, 3}, "strokeWidth": 1.5}, "encoding": object{"y": with(v.y, "y", nil)}},
			object{"data": data, "mark": object{"type": "text", "color": ink, "align": "right", "x": w - 4, "dy": -6, "fontSize": fontSize},
				"encoding": object{"y": with(v.y, "y", nil), "text": object{"field": "label", "type": "nominal"}}},
		}
	}
	return nil
}

func (v *vega) heat(l *layer) []any {
	lo, hi := heatRange(l.cells)
	var rows []any
	for r, row := range l.cells {
		for i, value := range row {
			if r < len(l.names) && i < len(l.columns) && finite(value) {
				rows = append(rows, object{"row": l.names[r], "column": l.columns[i], "value": value, "text": Number(value), "light": (value-lo)/(hi-lo) > .55})
			}
		}
	}
	x, y := with(v.x, "column", nil), with(v.y, "row", nil)
	// The order of the names, not of the letters.
	x["scale"], y["scale"] = object{"domain": l.columns}, object{"domain": l.names}
	layers := []any{object{"data": values(rows), "mark": object{"type": "rect", "tooltip": true}, "encoding": object{"x": x, "y": y,
		"color": object{"field": "value", "type": "quantitative", "legend": nil, "scale": object{"range": ramp, "domain": []float64{lo, hi}, "interpolate": "rgb"}}}}}
	if len(l.columns) <= 20 {
		layers = append(layers, object{"data": values(rows), "mark": object{"type": "text", "fontSize": fontSize - 1}, "encoding": object{"x": x, "y": y,
			"text":  object{"field": "text", "type": "nominal"},
			"color": object{"condition": object{"test": "datum.light", "value": "#ffffff"}, "value": "#111111"}}})
	}
	return layers
}

func values(rows []any) object {
	if rows == nil {
		rows = []any{}
	}
	// JSON knows no NaN or infinity; the layers leave such values out before.
	for _, r := range rows {
		for k, v := range r.(object) {
			if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
				r.(object)[k] = nil
			}
		}
	}
	return object{"values": rows}
}
