// The first concept of this floor replaces this file.
