package show_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
	"gosft/sftlib/show"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleTable() {
	table := show.NewTable("word", "count").Add("电影", 12).Add("film", 7)
	table.Caption = "words"
	fmt.Println(table)
	// Output:
	// words
	// word  count
	// ────  ─────
	// 电影     12
	// film      7
}

func ExampleAlign() {
	table := show.NewTable("setting", "value").Add("epochs", 3).Add("schedule", "linear")
	table.Aligns = []show.Align{show.Auto, show.Right} // else a column with text in it stands on the left
	fmt.Println(table)
	// Output:
	// setting    value
	// ────────  ──────
	// epochs         3
	// schedule  linear
}

// stars is a rating that a table shows its own way.
type stars struct{ of5 int }

func (s stars) CellText() string { return strings.Repeat("★", s.of5) }
func (s stars) CellHTML() string {
	return fmt.Sprintf(`<span title="%d of 5">%s</span>`, s.of5, html.EscapeString(s.CellText()))
}

func ExampleCell() {
	var rating show.Cell = stars{4}
	fmt.Println(show.NewTable("film", "rating").Add("Alien", rating).Add("Cats", stars{1}))
	// Output:
	// film   rating
	// ─────  ──────
	// Alien  ★★★★
	// Cats   ★
}

func ExampleShower() {
	for _, x := range []any{show.NewTable("word").Add("film"), "film"} {
		shower, ok := x.(show.Shower) // a notebook asks each value of a cell
		if !ok {
			fmt.Println("plain:", x)
			continue
		}
		bundle := shower.MimeBundle()
		fmt.Println("HTML:", strings.Contains(bundle["text/html"].(string), "<table"))
		fmt.Println(bundle["text/plain"])
	}
	// Output:
	// HTML: true
	// word
	// ────
	// film
	// plain: film
}

func ExampleAxis() {
	chart := show.Line("loss", []float64{1e-5, 1e-4, 1e-3}, []float64{0.7, 0.4, 0.9})
	chart.X = show.Axis{Title: "learning rate", Log: true}
	chart.Y = show.Axis{Title: "loss", Zero: true} // from 0, not from the smallest loss
	drawing := chart.SVG()
	fmt.Println(strings.Contains(drawing, ">learning rate<"), strings.Contains(drawing, ">1e-4<"), strings.Contains(drawing, ">0.0<"))
	// Output: true true true
}

func ExampleChart() {
	fmt.Println(show.Bars([]string{"positive", "负面"}, []float64{30, 15}).Titled("Classes", "texts", ""))
	// Output:
	// Classes
	// positive │████████████████████████████████████████ 30
	//     负面 │████████████████████ 15
}

func ExampleHeatMap() {
	confusion := show.HeatMap([]string{"is 0", "is 1"}, []string{"said 0", "said 1"}, [][]float64{{50, 3}, {7, 40}})
	_, err := confusion.PNG() // for a file; a notebook shows the value itself
	fmt.Println(confusion, err)
	// Output:
	//       said 0  said 1
	// ────  ──────  ──────
	// is 0      50       3
	// is 1       7      40 <nil>
}

func ExamplePanels() {
	both := show.Stack(show.Line("loss", nil, []float64{3, 2, 1}), show.Line("accuracy", nil, []float64{.5, .7, .8}))
	fmt.Println(len(both.VegaLite()["concat"].([]any)))
	// Output: 2
}

func ExampleTokens() {
	tokens := &show.Tokens{
		Rows:  [][]show.Token{{{Text: "[CLS]", Special: true}, {Text: "a", Hint: "id 1037"}, {Text: "film", Hint: "id 2143"}, {Text: "🜁", Unknown: true}}},
		Notes: []string{"4 tokens"},
	}
	fmt.Println(tokens)
	// Output: [CLS]│a│film│‹🜁›   4 tokens
}

func ExampleToken() {
	var row []show.Token
	for i, piece := range []string{"un", "##read", "##able"} {
		row = append(row, show.Token{Text: piece, Hint: fmt.Sprint("id ", 4895+i)})
	}
	row = append(row, show.Token{Text: "[SEP]", Special: true})
	tokens := &show.Tokens{Rows: [][]show.Token{row}}
	fmt.Println(tokens)
	fmt.Println(strings.Count(tokens.HTML(), `title="id `), "hints under the mouse")
	// Output:
	// un│##read│##able│[SEP]
	// 3 hints under the mouse
}

func ExampleGroup() {
	group := show.Group{"two words", show.NewTable("word").Add("film")}
	fmt.Println(group.MimeBundle()["text/plain"])
	// Output:
	// two words
	//
	// word
	// ────
	// film
}

func ExampleLive() {
	live := show.NewLive(0) // at most four times a second
	defer live.Close()      // the last state stays
	table := show.NewTable("step", "loss")
	for step := range 2 {
		table.Add(step+1, 1/float64(step+1))
		live.Update(table)
	}
	// Output:
	// step  loss
	// ────  ────
	//    1     1
	// step  loss
	// ────  ────
	//    1     1
	//    2   0.5
}
