// The first test of this floor replaces this file.
