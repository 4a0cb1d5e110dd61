// Command netpol_analyzer asks np-guard's analyser who may connect to whom.
//
// It reads the path of a folder of manifests a line, and answers each with one line of JSON: the connections that the
// policies there allow, and what the analyser calls an error.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/np-guard/netpol-analyzer/pkg/netpol/connlist"
)

type answer struct {
	Connections json.RawMessage `json:"connections"`
	Errors      []string        `json:"errors"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		if err := out.Encode(analysed(in.Text())); err != nil {
			panic(err)
		}
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}

func analysed(folder string) answer {
	found := answer{Connections: json.RawMessage("[]"), Errors: []string{}}
	analyzer := connlist.NewConnlistAnalyzer(connlist.WithMuteErrsAndWarns(), connlist.WithOutputFormat("json"))
	listed, _, err := analyzer.ConnlistFromDirPath(folder)
	text := ""
	if err == nil {
		text, err = analyzer.ConnectionsListToString(listed)
	}
	if err != nil {
		found.Errors = append(found.Errors, err.Error())
	} else if text != "" && text != "null" {
		found.Connections = json.RawMessage(text)
	}
	for _, each := range analyzer.Errors() {
		if each.IsFatal() || each.IsSevere() {
			found.Errors = append(found.Errors, each.Error().Error())
		}
	}
	return found
}
