"""HTTP and htmx: one module per noun, with its templates in the folder of the same name.

May import: store, engine, access, flow, errors, clock, config, ingest. Each module: view model (frozen dataclasses),
`render_fragment`, then the routes on a `blueprint`. Every route asks `tracker.access` before it shows anything;
whoever is not signed in never gets as far as a view, unless the view says it is `public`.
"""
