"""The fields of Mutation, one a file: an input, what it does, and a payload with the object or the problems."""
