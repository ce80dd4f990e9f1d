package display

import (
	"reflect"
	"slices"
	"sort"
	"strconv"
)

// structTable has one row for each struct (or pointer to one) in v and one column for each of its fields.
func structTable(v reflect.Value, elem reflect.Type) Table {
	limit := currentLimits().Text
	var fields []int
	for i := range elem.NumField() {
		if elem.Field(i).Name != "_" {
			fields = append(fields, i)
		}
	}
	return fill(v.Len(), len(fields), strconv.Itoa,
		func(_, c int) string { return versions.ReplaceAllString(elem.Field(fields[c]).Name, "") },
		func(r, c int) string {
			row := v.Index(r)
			for row.Kind() == reflect.Pointer {
				if row.IsNil() {
					return ""
				}
				row = row.Elem()
			}
			return cellText(row.Field(fields[c]), limit)
		},
		func(c int) bool { return isNumber(elem.Field(fields[c]).Type) })
}

// recordTable has one row for each map in v, and a column for each key, in the order of the first map's sorted keys.
func recordTable(v reflect.Value) Table {
	limit := currentLimits().Text
	var keys []string
	seen := map[string]bool{}
	rows := make([]map[string]reflect.Value, v.Len())
	for r := range v.Len() {
		row := v.Index(r)
		for row.Kind() == reflect.Pointer && !row.IsNil() {
			row = row.Elem()
		}
		rows[r] = map[string]reflect.Value{}
		if row.Kind() != reflect.Map {
			continue
		}
		var fresh []string
		for it := row.MapRange(); it.Next(); {
			k := it.Key().String()
			rows[r][k] = it.Value()
			if !seen[k] {
				seen[k] = true
				fresh = append(fresh, k)
			}
		}
		sort.Strings(fresh)
		keys = append(keys, fresh...)
	}
	numbers := make([]bool, len(keys))
	for c, k := range keys {
		numbers[c] = !slices.ContainsFunc(rows, func(row map[string]reflect.Value) bool {
			x := row[k]
			for x.IsValid() && x.Kind() == reflect.Interface {
				x = x.Elem()
			}
			return x.IsValid() && !isNumber(x.Type())
		})
	}
	return fill(len(rows), len(keys), strconv.Itoa,
		func(_, c int) string { return keys[c] },
		func(r, c int) string { return cellText(rows[r][keys[c]], limit) },
		func(c int) bool { return numbers[c] })
}

// gridTable shows slices of slices: a row for each, as many columns as the longest has.
func gridTable(v reflect.Value) Table {
	limit := currentLimits().Text
	inner := func(r int) reflect.Value {
		row := v.Index(r)
		for row.Kind() == reflect.Pointer && !row.IsNil() {
			row = row.Elem()
		}
		return row
	}
	columns, elem := 0, v.Type().Elem()
	for elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	for r := range v.Len() {
		if row := inner(r); row.Kind() != reflect.Pointer {
			columns = max(columns, row.Len())
		}
	}
	return fill(v.Len(), columns, strconv.Itoa,
		func(_, c int) string { return strconv.Itoa(c) },
		func(r, c int) string {
			row := inner(r)
			if row.Kind() == reflect.Pointer || c >= row.Len() {
				return ""
			}
			return cellText(row.Index(c), limit)
		},
		func(int) bool { return isNumber(elem.Elem()) })
}

// mapTable has a row for each entry in the order of its keys. Where the values are structs, each field has a column.
func mapTable(v reflect.Value) Table {
	limit := currentLimits().Text
	keys := sortedKeys(v)
	key, elem := v.Type().Key(), v.Type().Elem()
	names := []string{"key", "value"}
	get := func(r, c int) reflect.Value {
		if c == 0 {
			return keys[r]
		}
		return v.MapIndex(keys[r])
	}
	types := []reflect.Type{key, elem}
	if elem.Kind() == reflect.Struct && elem.NumField() > 0 && !shownByMethod(elem) {
		names, types = names[:1], types[:1]
		for i := range elem.NumField() {
			names = append(names, versions.ReplaceAllString(elem.Field(i).Name, ""))
			types = append(types, elem.Field(i).Type)
		}
		get = func(r, c int) reflect.Value {
			if c == 0 {
				return keys[r]
			}
			return v.MapIndex(keys[r]).Field(c - 1)
		}
	}
	return fill(len(keys), len(names), nil,
		func(_, c int) string { return names[c] },
		func(r, c int) string { return cellText(get(r, c), limit) },
		func(c int) bool { return isNumber(types[c]) })
}
