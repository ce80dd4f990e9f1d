package home_test

import (
	"fmt"
	"os"
	"path/filepath"

	"gosft/sftlib/home"
)

func ExampleDir() {
	defer os.Setenv("GOSFT_HOME", os.Getenv("GOSFT_HOME"))
	os.Setenv("GOSFT_HOME", "course") // else it is found beside the program or above the working directory
	fmt.Println(filepath.ToSlash(home.Dir()))
	fmt.Println(filepath.ToSlash(home.Data("movie_reviews.csv")))
	// Output:
	// course
	// course/data/movie_reviews.csv
}
