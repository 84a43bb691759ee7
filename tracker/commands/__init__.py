"""What a person types: one module per command, thin; each says in words what the rest of the product found.

May import everything but live, demo and pages; of pages only what puts a plan into the reader's words. `cli` looks each
command up when it is called; `run` (serve), `import` (ingest), `demo` and `bench` live beside what they start.
"""
