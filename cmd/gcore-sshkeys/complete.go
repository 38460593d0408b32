package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// completionTime is how long a completion may take.
const completionTime = 2 * time.Second

// completeKeys completes the ids and names of up to maxKeys keys; -1 is any number. It is silent whatever fails.
func (c *cli) completeKeys(maxKeys int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
		const directive = cobra.ShellCompDirectiveNoFileComp
		if maxKeys >= 0 && len(args) >= maxKeys || c.sandbox {
			return nil, directive
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		keys, end, err := c.open(io.Discard)
		if err != nil {
			return nil, directive
		}
		defer end()
		found, _ := await(ctx, 0, func() (all []gcore.SSHKey, _ error) {
			for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{OrderBy: new(gcore.SSHKeyOrderNameAsc)}) {
				if err == nil {
					all = append(all, key)
				}
			}
			return all, nil
		})
		return completions(found, args, start), directive
	}
}

// completions returns the words that start so and mean one key that is not among the arguments.
func completions(keys []gcore.SSHKey, args []string, start string) []cobra.Completion {
	count := map[string]int{}
	for _, key := range keys {
		count[key.Name]++
	}
	var words []cobra.Completion
	add := func(word, description string) {
		if strings.HasPrefix(word, start) && word != "" && printable(word) == word {
			words = append(words, cobra.CompletionWithDesc(word, printable(description)))
		}
	}
	for _, key := range keys {
		if slices.Contains(args, key.ID) || slices.Contains(args, key.Name) && count[key.Name] == 1 {
			continue
		}
		if count[key.Name] == 1 {
			add(key.Name, key.ID)
		}
		add(key.ID, key.Name)
	}
	return words
}
