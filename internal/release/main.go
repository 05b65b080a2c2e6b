// Command release makes what a release consists of: an archive of the binary, its manual and
// deploy/ for each platform, a list of what is inside (SBOM), and the checksums of all.
//
// It decides which files a release has, and that the same commit always gives the same bytes,
// wherever and whenever it is built by the same Go. It never publishes, tags or signs anything.
// Begin with main; archive.go packs, sbom.go lists the modules.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

func main() {
	version := flag.String("version", "devel", "what the binaries say they are")
	out := flag.String("out", "dist", "folder to write; it is emptied first")
	platforms := flag.String("platforms", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64", "OS/ARCH of each binary, separated by commas")
	flag.Parse()
	if err := release(*version, *out, strings.Split(*platforms, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(version, out string, platforms []string) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "aion-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	here := filepath.Join(work, "here")
	if err := build(here, version, runtime.GOOS, runtime.GOARCH); err != nil {
		return err
	}
	common, err := commonFiles(here, work)
	if err != nil {
		return err
	}
	var made []string
	for _, platform := range platforms {
		goos, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("%q is not OS/ARCH", platform)
		}
		name := fmt.Sprintf("aion_%s_%s_%s", strings.TrimPrefix(version, "v"), goos, arch)
		binary := filepath.Join(work, name)
		if err := build(binary, version, goos, arch); err != nil {
			return err
		}
		files := append([]file{{"aion-node", binary, 0o755}}, common...)
		if err := pack(filepath.Join(out, name+".tar.gz"), name, files); err != nil {
			return err
		}
		if err := writeSBOM(filepath.Join(out, name+".cdx.json"), name, version, binary); err != nil {
			return err
		}
		made = append(made, name+".tar.gz", name+".cdx.json")
	}
	return writeSums(out, made)
}

// build makes one static binary. Neither paths, times, the state of the repository nor a build id
// is in it.
func build(binary, version, goos, arch string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.release="+version, "-o", binary, "./cmd/aion-node")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+arch, "GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build for %s/%s: %w", goos, arch, err)
	}
	return nil
}

// commonFiles are the files of every platform: texts, deploy/, and what the binary says of itself.
func commonFiles(binary, work string) (files []file, err error) {
	for _, name := range []string{"LICENSE", "NOTICE", "README.md", "CHANGELOG.md"} {
		files = append(files, file{name, name, 0o644})
	}
	err = filepath.WalkDir("deploy", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, file{filepath.ToSlash(path), path, 0o644})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	manual := filepath.Join(work, "man")
	if out, err := exec.Command(binary, "man", "--dir", manual).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the manual: %w\n%s", err, out)
	}
	pages, err := os.ReadDir(manual)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		files = append(files, file{"man/man1/" + p.Name(), filepath.Join(manual, p.Name()), 0o644})
	}
	for shell, name := range map[string]string{"bash": "aion-node", "zsh": "_aion-node", "fish": "aion-node.fish"} { // any order: pack sorts
		text, err := exec.Command(binary, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("the completion for %s: %w", shell, err)
		}
		path := filepath.Join(work, "completion-"+shell)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return nil, err
		}
		files = append(files, file{"completions/" + shell + "/" + name, path, 0o644})
	}
	return files, nil
}

// writeSums writes SHA256SUMS, as sha256sum -c reads it.
func writeSums(out string, made []string) error {
	var b strings.Builder
	for _, name := range made {
		content, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), name)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(b.String()), 0o644)
}
