// Package lsp is a language server for projects: what editors show of workflow code while it is
// written.
//
// It decides which project a file belongs to, what of it is open in the editor, and how answers of
// package lint are said in the Language Server Protocol. It never runs code, asks no node and
// writes no files.
//
// Begin with server.go, then folder.go.
package lsp
