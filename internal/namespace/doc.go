// Package namespace says how names and versions of a namespace are written where all namespaces
// meet: in the replicated state, in commands, and in the engine.
//
// It decides that alone. Which namespaces there are, the state says (package fsm); whose namespace
// a call is of, package transport does, which qualifies what comes in and strips what goes out.
//
// A name of namespace acme stands there as !acme!name, so that each namespace is one range of keys
// of every index, and equal names of two namespaces are two names. A name of the namespace default
// stands there as it is. Its names that begin with ! themselves, which only queues may, get !! in
// front: nobody can write another namespace's name.
//
// A version of acme stands there as its content hash XOR Mask(acme): a package that two namespaces
// have loaded is two packages, and the start of a version is still the start of what it stands for.
//
// Begin with Qualify.
package namespace
