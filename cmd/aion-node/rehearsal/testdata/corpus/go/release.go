package main

// release is what the tests change to have another version.
const release = "one"
