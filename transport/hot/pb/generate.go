//go:build ignore

// Command generate writes the Go code of hot.proto into a folder. `make proto` runs it.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const source = "hot.proto"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: generate FOLDER_OF_HOT_PROTO FOLDER_FOR_GO")
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func generate(from, to string) error {
	compiler := protocompile.Compiler{
		Resolver:       &protocompile.SourceResolver{ImportPaths: []string{from}},
		SourceInfoMode: protocompile.SourceInfoStandard, // for the comments
	}
	files, err := compiler.Compile(context.Background(), source)
	if err != nil {
		return err
	}
	for _, plugin := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		in, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
			FileToGenerate: []string{source}, Parameter: proto.String("paths=source_relative"),
			ProtoFile: []*descriptorpb.FileDescriptorProto{protoutil.ProtoFromFileDescriptor(files[0])},
		})
		if err != nil {
			return err
		}
		cmd := exec.Command("go", "tool", "-modfile=gen.mod", plugin) // at the version that it names
		cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w", plugin, err)
		}
		var answer pluginpb.CodeGeneratorResponse
		if err := proto.Unmarshal(out, &answer); err != nil {
			return err
		}
		if answer.Error != nil {
			return errors.New(plugin + ": " + answer.GetError())
		}
		for _, f := range answer.File {
			if err := os.WriteFile(filepath.Join(to, f.GetName()), []byte(f.GetContent()), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
