package show_test

import (
	"fmt"

	"gosft/sftlib/show"
)

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
