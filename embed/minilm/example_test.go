package minilm_test

import (
	"context"
	"fmt"

	"github.com/askonce/askonce/embed/minilm"
)

func Example() {
	embedder, err := minilm.New(minilm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	vectors, err := embedder.Embed(context.Background(), []string{
		"How do I reset my password?",
		"I forgot my password, how can I set a new one?",
		"What is the weather like in Paris?",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(embedder.Identity())
	fmt.Printf("reworded: %.2f\n", dot(vectors[0], vectors[1]))
	fmt.Printf("another question: %.2f\n", dot(vectors[0], vectors[2]))
	// Output:
	// all-MiniLM-L6-v2/int8-1/384
	// reworded: 0.87
	// another question: 0.04
}

func ExampleVerifier() {
	verifier, err := minilm.NewVerifier(minilm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	probabilities, err := verifier.Verify(context.Background(), "How do I enable two-factor authentication?",
		[]string{"How can I turn on two-factor authentication?", "How do I disable two-factor authentication?"},
		[]float64{0.93, 0.88}) // the cosines of their vectors
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the same answer:", probabilities[0] > 0.5)
	fmt.Println("the opposite:", probabilities[1] > 0.5)
	// Output:
	// the same answer: true
	// the opposite: false
}

// dot is the cosine of two unit vectors.
func dot(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
