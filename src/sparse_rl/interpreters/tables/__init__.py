"""Tables, the language of programs over them, and answers."""
